# What makes a mistake in a parser harder to use against who runs earshot; tests/hardened.sh looks for it in what was built.
# Every target gets it with earshot_flags. Costs nothing that bench/ can see.
include(CheckCSourceCompiles)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

target_compile_options(earshot_flags INTERFACE -fstack-protector-strong)
target_link_options(earshot_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

# Level 3 also checks sizes that are known at run time only; libc takes an older compiler's for level 2 with a warning.
# Neither works without optimisation, nor beside a sanitizer, which replaces the functions that it would check.
set(CMAKE_REQUIRED_FLAGS "-Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_c_source_compiles("#include <string.h>\nint main(void) { return 0; }" EARSHOT_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
if(EARSHOT_FORTIFY_3)
    set(EARSHOT_FORTIFY 3)
else()
    set(EARSHOT_FORTIFY 2)
endif()
if(EARSHOT_SANITIZE)
    set(EARSHOT_FORTIFY 0)
endif()
target_compile_options(earshot_flags INTERFACE
    $<$<AND:$<BOOL:${EARSHOT_FORTIFY}>,$<NOT:$<CONFIG:Debug>>>:-U_FORTIFY_SOURCE> $<$<AND:$<BOOL:${EARSHOT_FORTIFY}>,$<NOT:$<CONFIG:Debug>>>:-D_FORTIFY_SOURCE=${EARSHOT_FORTIFY}>)
