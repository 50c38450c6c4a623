# What `make install` (cmake --install) puts where, and the target `product`, which builds that and nothing else.
# Components: product (everywhere), library and development (libearshot; everywhere too), cuda (the plug-in, where it is built), local (an installation by hand),
# debian (only in the package, package.cmake). The program finds plug-in and library in ../lib, wherever it is moved to.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "below the prefix")
include(GNUInstallDirs)
set(EARSHOT_DOCUMENTS ${CMAKE_INSTALL_DATADIR}/doc/earshot)

add_custom_target(product)
add_dependencies(product earshot pages)

install(TARGETS earshot RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT product)
if(EARSHOT_HAS_CUDA)
    add_dependencies(product earshot_cuda)
    install(TARGETS earshot_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cuda)
endif()

install(DIRECTORY ${EARSHOT_PAGES}/man1.gz/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT product)
install(FILES ${EARSHOT_PAGES}/earshot DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT product)
install(FILES ${EARSHOT_PAGES}/_earshot DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT local)
install(FILES README.md CHANGELOG.md DESTINATION ${EARSHOT_DOCUMENTS} COMPONENT product)
install(FILES LICENSE DESTINATION ${EARSHOT_DOCUMENTS} COMPONENT local)
install(DIRECTORY docs/ DESTINATION ${EARSHOT_DOCUMENTS}/docs COMPONENT product FILES_MATCHING PATTERN *.md)

include(cmake/install_library.cmake)
