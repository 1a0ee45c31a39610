# tickweir_add_plugin(NAME SOURCES file... [TEST file...] [LIBRARIES target...])
#
# Builds the plugin NAME.so from SOURCES against the SDK, with the link rules a plugin needs: only its
# entry symbol is visible, nothing is left undefined, static libraries stay private. With TEST, also builds
# NAME_test (GoogleTest), which knows the plugin's file as TICKWEIR_PLUGIN_FILE.
#
# The same call works in this repository and in yours, after find_package(tickweir CONFIG REQUIRED).
function(tickweir_add_plugin name)
  cmake_parse_arguments(arg "" "" "SOURCES;TEST;LIBRARIES" ${ARGN})
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tickweir_add_plugin(${name} SOURCES file... [TEST file...] [LIBRARIES target...])")
  endif()

  add_library(${name} MODULE ${arg_SOURCES})
  set_property(GLOBAL APPEND PROPERTY TICKWEIR_PLUGINS ${name})
  target_link_libraries(${name} PRIVATE tickweir::sdk ${arg_LIBRARIES})
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  if(TICKWEIR_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${TICKWEIR_PLUGIN_DIR})
  endif()
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
  if(NOT TICKWEIR_SANITIZE)  # a sanitizer's runtime is resolved from the program
    target_link_options(${name} PRIVATE -Wl,--no-undefined)
  endif()

  if(arg_TEST AND (TICKWEIR_TESTS OR NOT DEFINED TICKWEIR_TESTS))
    include(GoogleTest)
    find_package(GTest REQUIRED)
    add_executable(${name}_test ${arg_TEST})
    target_link_libraries(${name}_test PRIVATE tickweir::testing ${arg_LIBRARIES} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE TICKWEIR_PLUGIN_FILE="$<TARGET_FILE:${name}>"
      TICKWEIR_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata")
    add_dependencies(${name}_test ${name})
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 300)
  endif()
endfunction()
