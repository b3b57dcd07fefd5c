# Puts files into the binary: SQL migrations, message templates, translations, word lists, config schemas and the built
# pages. GATEHOUSE_EMBEDDED is an assembler file with one .incbin a file; platform/base/embedded.h reads it.
set(GATEHOUSE_EMBEDDED ${CMAKE_BINARY_DIR}/embedded.S)
set(GATEHOUSE_EMBED_ROOTS migrations resources web/authui)

file(GLOB_RECURSE embedded_sources CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/migrations/* ${CMAKE_SOURCE_DIR}/resources/* ${CMAKE_SOURCE_DIR}/web/authui/*)
find_program(NODE_EXECUTABLE node HINTS ${CMAKE_SOURCE_DIR}/node_modules/.bin NO_DEFAULT_PATH REQUIRED)
add_custom_command(
  OUTPUT ${GATEHOUSE_EMBEDDED}
  COMMAND ${NODE_EXECUTABLE} ${CMAKE_SOURCE_DIR}/cmake/embed.mjs ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}
  DEPENDS ${embedded_sources} ${CMAKE_SOURCE_DIR}/cmake/embed.mjs
  COMMENT "Building the pages and embedding resources"
  VERBATIM)

# Linked by every program, and made without waiting for the layers.
add_library(gatehouse_embedded OBJECT ${GATEHOUSE_EMBEDDED})
