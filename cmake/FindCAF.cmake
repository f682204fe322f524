# FindCAF: imported targets CAF::core and CAF::test.
#
# Debian's libcaf-dev 0.17 ships no CMake package, so headers and library are
# looked up by hand. A CAF that brings its own package (0.18 and later) is
# refused: its actor and message API is another one (docs/adr/0001).
#
# Hint: CAF_ROOT, as a variable or from the environment.
include(FindPackageHandleStandardArgs)
find_package(Threads REQUIRED)

find_path(CAF_INCLUDE_DIR caf/actor_system.hpp
  HINTS ${CAF_ROOT} ENV CAF_ROOT PATH_SUFFIXES include)
find_library(CAF_core_LIBRARY caf_core
  HINTS ${CAF_ROOT} ENV CAF_ROOT PATH_SUFFIXES lib lib64)

if(CAF_INCLUDE_DIR AND EXISTS "${CAF_INCLUDE_DIR}/caf/config.hpp")
  # `#define CAF_VERSION 1706` reads major * 10000 + minor * 100 + patch.
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" caf_version_line
    REGEX "^#define +CAF_VERSION +[0-9]+")
  if(caf_version_line MATCHES "([0-9]+)$")
    set(caf_number "${CMAKE_MATCH_1}")
    math(EXPR caf_major "${caf_number} / 10000")
    math(EXPR caf_minor "${caf_number} / 100 % 100")
    math(EXPR caf_patch "${caf_number} % 100")
    set(CAF_VERSION "${caf_major}.${caf_minor}.${caf_patch}")
  endif()
endif()

if(CAF_core_LIBRARY)
  set(CAF_core_FOUND TRUE)
endif()
if(CAF_INCLUDE_DIR AND EXISTS "${CAF_INCLUDE_DIR}/caf/test/dsl.hpp")
  set(CAF_test_FOUND TRUE)
endif()

find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_core_LIBRARY CAF_INCLUDE_DIR
  VERSION_VAR CAF_VERSION
  HANDLE_COMPONENTS)

if(CAF_FOUND AND NOT TARGET CAF::core)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES
    IMPORTED_LOCATION "${CAF_core_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
if(CAF_FOUND AND CAF_test_FOUND AND NOT TARGET CAF::test)
  add_library(CAF::test INTERFACE IMPORTED)
  set_target_properties(CAF::test PROPERTIES
    INTERFACE_LINK_LIBRARIES CAF::core)
endif()
mark_as_advanced(CAF_INCLUDE_DIR CAF_core_LIBRARY)
