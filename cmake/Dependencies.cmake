# Third-party libraries, one target each. Which module may use which is written in docs/decisions/ and
# checked by tools/tidy.py.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

find_path(LZ4_INCLUDE_DIR lz4.h REQUIRED)
find_library(LZ4_LIBRARY lz4 REQUIRED)
add_library(lz4::lz4 UNKNOWN IMPORTED)
set_target_properties(lz4::lz4 PROPERTIES IMPORTED_LOCATION ${LZ4_LIBRARY}
                                          INTERFACE_INCLUDE_DIRECTORIES ${LZ4_INCLUDE_DIR})

# CMake's own module for PostgreSQL wants the server's headers too.
find_path(LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_library(LIBPQ_LIBRARY pq REQUIRED)
add_library(libpq::libpq UNKNOWN IMPORTED)
set_target_properties(libpq::libpq PROPERTIES IMPORTED_LOCATION ${LIBPQ_LIBRARY}
                                              INTERFACE_INCLUDE_DIRECTORIES ${LIBPQ_INCLUDE_DIR})

# Arrow: a system package if there is one, else the copy that `./dev setup` unpacks from the pyarrow wheel.
find_package(Arrow 26 QUIET)
find_package(Parquet 26 QUIET)
add_library(sluice_arrow INTERFACE)
if(Arrow_FOUND AND Parquet_FOUND)
  target_link_libraries(sluice_arrow INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
else()
  set(SLUICE_ARROW_ROOT ${CMAKE_SOURCE_DIR}/.deps/arrow CACHE PATH "Unpacked Arrow: include/ and lib/")
  if(NOT EXISTS ${SLUICE_ARROW_ROOT}/lib/libarrow.so)
    message(FATAL_ERROR "Arrow is not in ${SLUICE_ARROW_ROOT}: run ./dev setup")
  endif()
  target_include_directories(sluice_arrow SYSTEM INTERFACE ${SLUICE_ARROW_ROOT}/include)
  # This libparquet exports a private copy of OpenSSL. The system's must be found first by every program,
  # whatever order CMake gives the libraries: link options stand before all of them.
  target_link_options(sluice_arrow INTERFACE LINKER:--push-state,--no-as-needed -lssl -lcrypto
                                             LINKER:--pop-state)
  target_link_libraries(sluice_arrow INTERFACE ${SLUICE_ARROW_ROOT}/lib/libparquet.so
                                               ${SLUICE_ARROW_ROOT}/lib/libarrow.so)
endif()
