# Compiler flags for the whole tree. Sanitizers are chosen by the preset.
set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
option(SLUICE_FUZZ "Build the fuzz targets for libFuzzer (clang only)" OFF)
option(CMAKE_COMPILE_WARNING_AS_ERROR "A warning stops the build" ON)

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wnon-virtual-dtor -fno-omit-frame-pointer)
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside the standard library at -O2 and under sanitizers (GCC bugs 105329, 105651).
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
else()
  # Sanitizer builds are large: lld links them in a fraction of the time, where it is installed.
  find_program(SLUICE_LLD NAMES ld.lld-16 ld.lld)
  if(SLUICE_LLD)
    add_link_options(--ld-path=${SLUICE_LLD})
  endif()
endif()

if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
if(SLUICE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# What every test runs with. The sanitizers' options are read only by programs built with them.
set(SLUICE_TEST_ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tools/tsan.supp history_size=4")

find_program(SLUICE_CCACHE ccache)
if(SLUICE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLUICE_CCACHE})
endif()
