// Read before everything else where libpqxx is 7.0 to 7.8. Its headers choose
// parts of their exceptions by the C++ of whoever reads them, and distributions
// build it as C++17, without these: so we must not be seen to have them.
#include <source_location>
#include <version>
#undef __cpp_lib_source_location
