#include "actors/gateway/edge/unknown_calls.hpp"

#include "actors/gateway/edge/request_policy.hpp"

namespace telltale {

std::string unknown_calls::shape_of(std::string_view method,
                                    const std::vector<std::string>& segments) {
  auto shape = telltale::shape_of(method, segments);
  const std::lock_guard lock{guard_};
  if (!shapes_.contains(shape) && shapes_.size() >= most_shapes)
    return "other";
  shapes_.insert(shape);
  return shape;
}

http::response unknown_call_answer() {
  http::response answer;
  answer.status = 404;
  answer.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  answer.headers.push_back({"X-Content-Type-Options", "nosniff"});
  answer.body = "404 page not found\n";
  return answer;
}

} // namespace telltale
