# What earshot links, found with pkg-config; a missing library is named with the command that installs it.
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
    message(FATAL_ERROR "✗ pkg-config is missing; `make deps` installs it and all that earshot needs")
endif()
find_package(Threads REQUIRED)

set(missing "")
function(earshot_dependency name module)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
    if(${name}_FOUND)
        message(STATUS "✓ ${module} ${${name}_VERSION}")
    else()
        message(STATUS "✗ ${module}")
        set(missing ${missing} ${module} PARENT_SCOPE)
    endif()
endfunction()

earshot_dependency(SNDFILE sndfile)          # wav, flac, ogg …
earshot_dependency(SOXR soxr)                # --resample
earshot_dependency(HDF5 hdf5-serial)         # feature and model files
earshot_dependency(XXHASH libxxhash)         # recordings' hashes
earshot_dependency(JANSSON jansson)          # JSON in and out
earshot_dependency(YAML yaml-0.1)            # --config
earshot_dependency(LIBZIP libzip)            # torchvision's .pth files
earshot_dependency(CURL libcurl)             # weights fetch
earshot_dependency(CRYPTO libcrypto)         # SHA-256 of weights
earshot_dependency(PNG libpng)               # trace --png
earshot_dependency(KISSFFT kissfft-float)    # FFT sizes that are no power of two
if(EARSHOT_TESTS)
    earshot_dependency(CMOCKA cmocka)
endif()
if(missing)
    list(JOIN missing ", " missing)
    message(FATAL_ERROR "missing: ${missing}; `make deps` installs them")
endif()
