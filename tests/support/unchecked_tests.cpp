// What tests/support/checked_tests.cmake has fail: a test without a check in a
// suite that has one. It is no test of the service, and not named as one.
#define CAF_SUITE checks
#include <caf/test/dsl.hpp>

CAF_TEST(a test with a check) {
  CAF_CHECK(true);
}

CAF_TEST(a test without any) {}
