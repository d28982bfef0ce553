# Compiler options shared by every target, and one static library per folder of src/.

function(checkout_options target)
  target_compile_options(${target} PRIVATE -fPIE -Wall -Wextra -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms on inlined std::string: GCC bugs 105651 and 105329.
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-stringop-overflow)
  endif()
  if(CHECKOUT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CHECKOUT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${CHECKOUT_SANITIZE} -fno-omit-frame-pointer)
    # GCC takes what a sanitizer adds to std::regex for uninitialised reads.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${CHECKOUT_SANITIZE})
    if(CHECKOUT_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-tsan)  # Boost.Asio has fences, which it does not follow
    endif()
  else()
    target_compile_options(${target} PRIVATE -fstack-protector-strong $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
    target_link_options(${target} PRIVATE -pie -Wl,-z,relro,-z,now)
  endif()
  target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS CHECKOUT_VERSION="${PROJECT_VERSION}")
endfunction()

# checkout_library(NAME [LINKS …] [PRIVATE_LINKS …] [EXCLUDE file …]): src/NAME/**.cpp as checkout_NAME.
function(checkout_library name)
  cmake_parse_arguments(ARG "" "" "LINKS;PRIVATE_LINKS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  foreach(excluded ${ARG_EXCLUDE})
    list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/src/${name}/${excluded})
  endforeach()
  set(target checkout_${name})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  checkout_options(${target})
  checkout_compile_fast(${target})
endfunction()

# Nearly all the time goes into templates of nlohmann::json, so few large translation units build three times as
# fast as many small ones. -DCHECKOUT_UNITY=OFF compiles each file alone, as an editor's tools like it.
function(checkout_compile_fast target)
  checkout_precompile(${target})
  if(CHECKOUT_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # takes each .cpp for a header
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${CHECKOUT_UNITY} UNITY_BUILD_BATCH_SIZE 20)
endfunction()

# The headers nearly every file needs and none of ours changes; compiled once, by the library checkout_pch.
function(checkout_precompile target)
  if(NOT TARGET checkout_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "// Compiled only for its precompiled header.\n")
    add_library(checkout_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
    target_link_libraries(checkout_pch PRIVATE nlohmann_json::nlohmann_json)
    checkout_options(checkout_pch)
    target_precompile_headers(checkout_pch PRIVATE
      <nlohmann/json.hpp> <chrono> <functional> <map> <memory> <optional> <string> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM checkout_pch)
endfunction()
