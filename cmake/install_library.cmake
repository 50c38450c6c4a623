# The library, and what a program that is built against it finds: header, pkg-config's file, CMake's package. Included by
# install.cmake, after which the folders have their names.
add_dependencies(product earshot_shared)
include(CMakePackageConfigHelpers)
set(EARSHOT_LIBRARY_MADE ${PROJECT_BINARY_DIR}/library)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/earshot)
file(RELATIVE_PATH EARSHOT_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" EARSHOT_PC_PREFIX "${EARSHOT_PC_PREFIX}")
configure_file(host/library/earshot.pc.in ${EARSHOT_LIBRARY_MADE}/earshot.pc @ONLY)
write_basic_package_version_file(${EARSHOT_LIBRARY_MADE}/earshotConfigVersion.cmake COMPATIBILITY SameMajorVersion)
file(WRITE ${EARSHOT_LIBRARY_MADE}/earshotConfig.cmake
    "include(\${CMAKE_CURRENT_LIST_DIR}/earshotTargets.cmake)\n")
install(TARGETS earshot_shared EXPORT earshot_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/host/earshot.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(FILES ${EARSHOT_LIBRARY_MADE}/earshot.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
install(EXPORT earshot_targets NAMESPACE earshot:: FILE earshotTargets.cmake DESTINATION ${package_folder} COMPONENT development)
install(FILES ${EARSHOT_LIBRARY_MADE}/earshotConfig.cmake ${EARSHOT_LIBRARY_MADE}/earshotConfigVersion.cmake
    DESTINATION ${package_folder} COMPONENT development)
