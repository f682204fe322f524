// The one main of every test program that CAF's framework drives.
#include <caf/test/unit_test.hpp>
#include <caf/test/unit_test_impl.hpp>
