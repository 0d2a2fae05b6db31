# Every package the build needs, found in one place. `./dev setup` installs them on Debian and Ubuntu.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB 1.2.11 REQUIRED)
find_package(fmt 8 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers only: Beast's HTTP parser
pkg_check_modules(LIBURING REQUIRED IMPORTED_TARGET liburing>=2.1)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(URIPARSER REQUIRED IMPORTED_TARGET liburiparser)
