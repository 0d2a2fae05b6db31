# Certificates made on the spot, for whatever test or fuzzer needs them.
if(NOT TARGET test_certificates)
  add_library(test_certificates STATIC ${CMAKE_CURRENT_LIST_DIR}/certificates.cc)
  target_compile_options(test_certificates PRIVATE ${RINGSTORM_WARNINGS})
  target_include_directories(test_certificates PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_certificates PUBLIC ringstorm_transport)
endif()
