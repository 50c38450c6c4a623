#!/bin/sh
# What is in this image, as SPDX 2.3 JSON on stdout: earshot and every package that dpkg knows. sbom.sh VERSION. The same packages
# give the same text, where SOURCE_DATE_EPOCH tells the time.
set -eu
version=$1
. /etc/os-release
created=$(date -u ${SOURCE_DATE_EPOCH:+-d "@$SOURCE_DATE_EPOCH"} +%Y-%m-%dT%H:%M:%SZ)
list() {
    dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Maintainer}\n' |
        sed -n 's/^ii *\t//p' | LC_ALL=C sort
}
digest=$(list | sha256sum | cut -c 1-32)

list | awk -F '\t' -v version="$version" -v created="$created" -v digest="$digest" -v vendor="$ID" -v release="$ID-$VERSION_ID" '
function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
function identifier(s) { gsub(/[^A-Za-z0-9.-]/, "-", s); return s }
function escaped(s) { gsub(/%/, "%25", s); gsub(/\+/, "%2B", s); gsub(/:/, "%3A", s); return s }
function package(id, name, version, license, rest) {
    printf "  {\"SPDXID\": %s, \"name\": %s, \"versionInfo\": %s, \"downloadLocation\": \"NOASSERTION\", ", text(id), text(name), text(version)
    printf "\"filesAnalyzed\": false, \"licenseConcluded\": \"NOASSERTION\", \"licenseDeclared\": \"%s\", ", license
    printf "\"copyrightText\": \"NOASSERTION\"%s}", rest
}
function supplier(maintainer) { # "Name <mail>"
    if (!match(maintainer, /<.*>/)) return "NOASSERTION"
    return "Organization: " substr(maintainer, 1, RSTART - 2) " (" substr(maintainer, RSTART + 1, RLENGTH - 2) ")"
}
BEGIN {
    printf "{\"spdxVersion\": \"SPDX-2.3\", \"dataLicense\": \"CC0-1.0\", \"SPDXID\": \"SPDXRef-DOCUMENT\",\n"
    printf " \"name\": \"earshot-image-%s\",\n", version
    printf " \"documentNamespace\": \"https://spdx.org/spdxdocs/earshot-image-%s-%s\",\n", version, digest
    printf " \"creationInfo\": {\"created\": \"%s\", \"creators\": [\"Tool: earshot-sbom.sh-%s\"]},\n", created, version
    printf " \"packages\": [\n"
    package("SPDXRef-image", "earshot-image", version, "NOASSERTION", ", \"primaryPackagePurpose\": \"CONTAINER\"")
    printf ",\n"
    package("SPDXRef-earshot", "earshot", version, "Apache-2.0", ", \"primaryPackagePurpose\": \"APPLICATION\"")
    ids[n++] = "SPDXRef-earshot"
}
{
    id = "SPDXRef-deb-" identifier($1) "-" $3
    ids[n++] = id
    purl = "pkg:deb/" vendor "/" escaped($1) "@" escaped($2) "?arch=" $3 "&distro=" release
    rest = ", \"supplier\": " text(supplier($6)) ", \"sourceInfo\": " text("built from source package " $4 " " $5)
    rest = rest ", \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": " text(purl) "}]"
    printf ",\n"
    package(id, $1, $2, "NOASSERTION", rest)
}
END {
    printf "\n ],\n \"relationships\": [\n"
    printf "  {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-image\"}"
    for (i = 0; i < n; i++)
        printf ",\n  {\"spdxElementId\": \"SPDXRef-image\", \"relationshipType\": \"CONTAINS\", \"relatedSpdxElement\": %s}", text(ids[i])
    printf "\n ]\n}\n"
}'
