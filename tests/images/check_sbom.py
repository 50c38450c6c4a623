#!/usr/bin/env python3
"""The list of an image's packages tells what dpkg tells: check_sbom.py SBOM PACKAGES VERSION."""
import json
import sys


def main():
    path, packages, version = sys.argv[1:]
    with open(path) as file:
        sbom = json.load(file)
    with open(packages) as file:
        installed = sorted(tuple(line.split()) for line in file)
    listed = sorted((p["name"], p["versionInfo"]) for p in sbom["packages"] if p["SPDXID"].startswith("SPDXRef-deb-"))
    assert listed == installed, set(listed) ^ set(installed)
    assert ("earshot", version) in {(p["name"], p["versionInfo"]) for p in sbom["packages"]}
    identifiers = [p["SPDXID"] for p in sbom["packages"]]
    assert len(set(identifiers)) == len(identifiers)
    contained = {r["relatedSpdxElement"] for r in sbom["relationships"] if r["relationshipType"] == "CONTAINS"}
    assert contained == set(identifiers) - {"SPDXRef-image"}
    for package in sbom["packages"]:
        for reference in package.get("externalRefs", []):
            assert reference["referenceLocator"].startswith("pkg:deb/"), reference
    print(len(listed), "packages of the distribution and earshot", version)


main()
