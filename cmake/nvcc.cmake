# kernels/*.cu by nvcc, as objects that gcc links into C without libstdc++.
#   earshot_nvcc(OBJECTS FOLDER ARCHITECTURES...)   sets OBJECTS to the files; architectures: 75 80 …, of the last one
#                                                   also PTX, for cards to come
# The normal build takes the oldest, which is quick; `make cuda-release` takes all that CUDA 13 knows.
set(EARSHOT_ARCHITECTURES 75 CACHE STRING "compute capabilities of the CUDA build, or `release`: all")
if(EARSHOT_ARCHITECTURES STREQUAL release)
    set(EARSHOT_ARCHITECTURES 75 80 86 87 88 89 90 100 103 110 120 121)
endif()

# No exceptions and no guards of static variables: they would need libstdc++. ptxas's warnings are errors too.
set(EARSHOT_NVCC_FLAGS -O3 -std=c++17 -Werror all-warnings -Xptxas -warn-spills,-warn-lmem-usage
    -Xcompiler -fPIC,-fno-exceptions,-fno-threadsafe-statics,-fvisibility=hidden)

function(earshot_nvcc objects folder)
    list(GET ARGN -1 newest)
    set(codes "")
    foreach(architecture IN LISTS ARGN)
        list(APPEND codes -gencode arch=compute_${architecture},code=sm_${architecture})
    endforeach()
    list(APPEND codes -gencode arch=compute_${newest},code=compute_${newest})
    file(MAKE_DIRECTORY ${folder})
    set(made "")
    foreach(source IN LISTS EARSHOT_KERNELS)
        get_filename_component(stem ${source} NAME_WE)
        set(object ${folder}/${stem}.o)
        add_custom_command(OUTPUT ${object}
            COMMAND ${EARSHOT_NVCC} ${EARSHOT_NVCC_FLAGS} ${codes} -I${PROJECT_SOURCE_DIR}/kernels
                -MD -MF ${object}.d -c ${source} -o ${object}
            DEPENDS ${source} DEPFILE ${object}.d COMMENT "nvcc ${stem}.cu" VERBATIM)
        list(APPEND made ${object})
    endforeach()
    set(${objects} ${made} PARENT_SCOPE)
endfunction()
