# `make deb`: a Debian package of what is installed, without the CUDA plug-in, whose libraries Debian does not have.
# The same sources and SOURCE_DATE_EPOCH give the same bytes (tests/install/reproducible.sh).
set(EARSHOT_MAINTAINER "earshot's authors <authors@earshot.invalid>" CACHE STRING "who answers for the package")
set(debian ${PROJECT_SOURCE_DIR}/docker/debian)
set(made ${PROJECT_BINARY_DIR}/debian)
configure_file(${debian}/changelog.in ${made}/changelog @ONLY)
execute_process(COMMAND gzip -9nkf ${made}/changelog)
install(FILES ${made}/changelog.gz DESTINATION ${EARSHOT_DOCUMENTS} COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian}/copyright DESTINATION ${EARSHOT_DOCUMENTS} COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${EARSHOT_PAGES}/_earshot DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL product library development debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_NAME earshot)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${EARSHOT_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/triggers) # the library is known to the linker
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "anomaly scores from recordings of machines")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Recordings of fans, pumps, slide rails and valves go in; feature matrices from
networks that were trained on photographs, a model of what is normal, and
anomaly scores come out. It learns from normal recordings alone.

The backend for NVIDIA's cards is not in this package, since its libraries are
not in Debian.")
include(CPack)
