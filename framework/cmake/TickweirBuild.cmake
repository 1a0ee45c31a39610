# How this project itself is compiled: warnings, sanitizers, tests. Not installed.

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                    -Wno-missing-field-initializers -Wnon-virtual-dtor -Wold-style-cast)
if(NOT TICKWEIR_SANITIZE)  # instrumented code gives warnings about code that is not there
  add_compile_options(-Werror)
endif()
# GCC 12 finds these in its own std::string and std::optional once they are inlined (bugs 105651, 105562).
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow> $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>)
# Keeps paths of the building machine out of assertions and debug data.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(TICKWEIR_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TICKWEIR_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT TICKWEIR_SANITIZE STREQUAL "")
  message(FATAL_ERROR "TICKWEIR_SANITIZE is \"${TICKWEIR_SANITIZE}\"; it may be address, thread or empty")
endif()

if(TICKWEIR_FUZZ)  # coverage of the libraries too, not only of the fuzzer's own file
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# tickweir_unite(TARGET [IF_SANITIZED])
# Compiles its files a dozen at a time, as most of the time goes into headers. For tests that include much. Libraries are
# united in builds for sanitizers only, which are made to be run once: in others each of their files is known to compile.
function(tickweir_unite target)
  cmake_parse_arguments(arg "IF_SANITIZED" "" "" ${ARGN})
  if(arg_IF_SANITIZED AND NOT TICKWEIR_SANITIZE)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  # A file that is included is no header here, and what hides a name of another file hides nothing.
  target_compile_options(${target} PRIVATE -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# tickweir_runs_seldom(TARGET [EXCEPT file...])
# For what runs at a start, or for people: a third of its compilation goes into speed that nobody would see.
function(tickweir_runs_seldom target)
  cmake_parse_arguments(arg "" "" "EXCEPT" ${ARGN})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(arg_EXCEPT)
    set_property(SOURCE ${arg_EXCEPT} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
  endif()
endfunction()

# tickweir_quick_to_compile(TARGET...)
# For tests: they take longer to compile than to run. What they test lies in libraries and plugins, which are
# compiled as ever. The only precompiled header is that of GoogleTest, so that nobody's includes come to lean on it.
function(tickweir_quick_to_compile)
  if(NOT TARGET tickweir_gtest_header)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gtest_header.cpp CONTENT "")
    add_library(tickweir_gtest_header OBJECT ${CMAKE_BINARY_DIR}/gtest_header.cpp)
    target_link_libraries(tickweir_gtest_header PRIVATE GTest::gtest)
    # As programs are compiled.
    set_target_properties(tickweir_gtest_header PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(tickweir_gtest_header PRIVATE -O0 -fPIE
      "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")  # the same bytes each time, for ccache
    target_precompile_headers(tickweir_gtest_header PRIVATE <gtest/gtest.h>)
  endif()
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE -O0)
    target_precompile_headers(${target} REUSE_FROM tickweir_gtest_header)
  endforeach()
endfunction()

# tickweir_add_test(NAME SOURCES file... [LIBRARIES target...] [COST seconds])
# A GoogleTest program; each of its tests is one of ctest's. With a sanitizer each half of them is one: a process then
# takes longer to start than most tests to run. Those with a COST begin first.
function(tickweir_add_test name)
  cmake_parse_arguments(arg "" "COST" "SOURCES;LIBRARIES" ${ARGN})
  set(cost 0)
  if(arg_COST)
    set(cost ${arg_COST})
  endif()
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gtest GTest::gtest_main)
  tickweir_quick_to_compile(${name})
  target_compile_definitions(${name} PRIVATE
    TICKWEIR_PLUGIN_DIR="${TICKWEIR_PLUGIN_DIR}" TICKWEIR_PROGRAM="$<IF:$<TARGET_EXISTS:tickweir>,${CMAKE_BINARY_DIR}/bin/tickweir,>"
    TICKWEIR_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TICKWEIR_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(TICKWEIR_SANITIZE)
    foreach(half IN ITEMS 0 1)
      add_test(NAME "${name}: half ${half}" COMMAND ${name})
      set_tests_properties("${name}: half ${half}" PROPERTIES TIMEOUT 600 COST 10  # before the short ones
        ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${half}")
    endforeach()
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: "
      PROPERTIES TIMEOUT 300 COST ${cost})
  endif()
endfunction()

# tickweir_embed(TARGET FOLDER OUTPUT)
# Makes the text files of FOLDER a C++ list `{"name", R"embedded(text)embedded"},`, which TARGET includes
# as OUTPUT.
function(tickweir_embed target folder output)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*)
  set(list "")
  foreach(file IN LISTS files)
    file(READ ${file} text)
    cmake_path(GET file FILENAME name)
    string(APPEND list "{\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${files})
  set(made ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(WRITE ${made}/${output}.new "${list}")
  file(COPY_FILE ${made}/${output}.new ${made}/${output} ONLY_IF_DIFFERENT)
  target_include_directories(${target} PRIVATE ${made})
endfunction()

# tickweir_add_fuzzer(NAME SOURCES file... [LIBRARIES target...] CORPUS folder)
# A libFuzzer program, built only with -DTICKWEIR_FUZZ=ON and clang. `./dev fuzz` runs each of them.
function(tickweir_add_fuzzer name)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT TICKWEIR_FUZZ)
    return()
  endif()
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(fuzzers ${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  file(WRITE ${CMAKE_BINARY_DIR}/fuzz/${name}.corpus ${arg_CORPUS})
endfunction()
