# ringstorm_module(NAME SOURCES a.cc b.cc DEPENDS base codec LINK OpenSSL::Crypto)
#
# One engine module: a static library `ringstorm_NAME` whose headers are included as "NAME/header.h". DEPENDS is the
# row of the table in engine/README.md; tests/house checks that no #include goes beyond it.

set(RINGSTORM_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wimplicit-fallthrough)
if(RINGSTORM_WERROR)
  list(APPEND RINGSTORM_WARNINGS -Werror)
endif()

function(ringstorm_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  set(target ringstorm_${name})
  if(MODULE_SOURCES)
    add_library(${target} STATIC ${MODULE_SOURCES})
    set(scope PUBLIC)
    target_compile_options(${target} PRIVATE ${RINGSTORM_WARNINGS})
  else()
    add_library(${target} INTERFACE)  # a module of headers only
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/engine)
  list(TRANSFORM MODULE_DEPENDS PREPEND ringstorm_)
  target_link_libraries(${target} ${scope} ${MODULE_DEPENDS} ${MODULE_LINK})
  set_property(GLOBAL APPEND PROPERTY RINGSTORM_MODULES ${name})
endfunction()
