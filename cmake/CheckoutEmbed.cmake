# checkout_embed(TARGET SYMBOL name GLOB pattern): compiles files into TARGET, byte for byte, as
#   std::span<const checkout::EmbeddedFile> checkout::embedded::name();   (src/base/embedded.hpp)
# sorted by file name, the name without ".json".
function(checkout_embed target)
  cmake_parse_arguments(ARG "" "SYMBOL;GLOB" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_GLOB})
  set(output ${CMAKE_BINARY_DIR}/embedded/${ARG_SYMBOL}.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" "-DSYMBOL=${ARG_SYMBOL}" "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
