#pragma once

// CAF's test language, with checks that keep what they compare. CAF 0.17.6
// binds both sides to references, which dangle where a side is a part of a
// temporary
// (`CAF_CHECK_EQUAL(find(id).task.title.view(), "…")`). Included last, in place
// of <caf/test/dsl.hpp>.

#include <caf/test/dsl.hpp>

#undef CAF_CHECK_FUNC
#define CAF_CHECK_FUNC(func, x_expr, y_expr)                                   \
  do {                                                                         \
    func comparator;                                                           \
    const auto x_kept = x_expr;                                                \
    const auto y_kept = y_expr;                                                \
    static_cast<void>(::caf::test::detail::check(                              \
        ::caf::test::engine::current_test(), __FILE__, __LINE__,               \
        CAF_FUNC_EXPR(func, x_expr, y_expr), false,                            \
        comparator(x_kept, y_kept), x_kept, y_kept));                          \
    ::caf::test::engine::last_check_file(__FILE__);                            \
    ::caf::test::engine::last_check_line(__LINE__);                            \
  } while (false)
