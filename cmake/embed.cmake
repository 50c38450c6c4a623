# earshot_embed(TARGET FILE NAME): the bytes of FILE as `const unsigned char NAME[]` and `const size_t NAME_size`, which
# host/http/embedded.h declares; made again whenever FILE changes. Also the script that does it: cmake -P with INPUT,
# OUTPUT and NAME.
if(CMAKE_SCRIPT_MODE_FILE)
    file(READ "${INPUT}" bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    file(WRITE "${OUTPUT}" "#include \"http/embedded.h\"\n\nconst unsigned char ${NAME}[] = {\n${bytes}\n};\nconst size_t ${NAME}_size = sizeof ${NAME};\n")
    return()
endif()

set(EARSHOT_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(earshot_embed target file name)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUTPUT=${output} -DNAME=${name} -P ${EARSHOT_EMBED_SCRIPT}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${EARSHOT_EMBED_SCRIPT} VERBATIM)
    add_library(${target}_${name} OBJECT ${output})
    target_link_libraries(${target}_${name} PRIVATE earshot_flags)
    set_target_properties(${target}_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${name}>)
endfunction()
