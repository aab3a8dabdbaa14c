# sluice_module(NAME [DEPS module...] [LIBS target...] [TEST_DEPS module...])
#
# Declares src/NAME as the static library sluice_NAME of every x.cc in it and in its folders. Where there are x_test.cc
# files, they make one test program, NAME_test, with any x_test_support.cc. A main.cc becomes the program
# `sluice` at the top of the build tree. DEPS are other modules, LIBS third-party targets, TEST_DEPS what
# only the tests need.
function(sluice_module NAME)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  file(GLOB_RECURSE SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(TESTS ${SOURCES})
  list(FILTER SOURCES EXCLUDE REGEX "(_test|_test_support|/main)\\.cc$")
  list(FILTER TESTS INCLUDE REGEX "_test(_support)?\\.cc$")
  list(TRANSFORM ARG_DEPS PREPEND sluice_)
  list(TRANSFORM ARG_TEST_DEPS PREPEND sluice_)

  if(SOURCES)
    add_library(sluice_${NAME} STATIC ${SOURCES})
    set(KIND PUBLIC)
  else()
    add_library(sluice_${NAME} INTERFACE)
    set(KIND INTERFACE)
  endif()
  target_include_directories(sluice_${NAME} ${KIND} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(sluice_${NAME} ${KIND} ${ARG_DEPS} ${ARG_LIBS})
  set_property(GLOBAL APPEND PROPERTY SLUICE_MODULES sluice_${NAME})

  if(TESTS)
    add_executable(${NAME}_test ${TESTS})
    target_link_libraries(${NAME}_test PRIVATE sluice_${NAME} ${ARG_TEST_DEPS} GTest::gmock
                                               GTest::gtest_main)
    # Optimising the tests themselves would double the time of their build and show nothing.
    target_compile_options(${NAME}_test PRIVATE -O0)
    sluice_test(${NAME} LABELS unit COMMAND ${NAME}_test)
  endif()

  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.cc)
    add_executable(sluice main.cc)
    target_link_libraries(sluice PRIVATE sluice_${NAME})
    set_target_properties(sluice PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()

# sluice_test(NAME LABELS label... COMMAND command...): a test as the whole project runs it.
function(sluice_test NAME)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;COMMAND" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${NAME} COMMAND ${ARG_COMMAND})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
                                          ENVIRONMENT "${SLUICE_TEST_ENVIRONMENT}")
endfunction()
