#include "actors/gateway/router.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>

namespace telltale {

namespace {

constexpr std::array rows{
#define TELLTALE_OPERATION(name, method, path, scope_, body, success, summary) \
  operation_row{call::name,    #name,           method,  path,                 \
                scope::scope_, body_rule::body, success, summary},
#include "actors/gateway/wire/operations.def"
#undef TELLTALE_OPERATION
};

/// The table as a tree of segments, so that a lookup costs a few comparisons.
struct node {
  std::map<std::string, std::unique_ptr<node>, std::less<>> fixed;
  std::unique_ptr<node> variable;
  std::vector<const operation_row*> here;
};

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash == std::string_view::npos ? path.size()
                                                       : slash + 1);
  }
  return parts;
}

std::unique_ptr<node> build() {
  auto root = std::make_unique<node>();
  for (const auto& row : rows) {
    auto* at = root.get();
    for (const auto part : split(row.path)) {
      auto& child =
          part.starts_with('{') ? at->variable : at->fixed[std::string{part}];
      if (!child)
        child = std::make_unique<node>();
      at = child.get();
    }
    at->here.push_back(&row);
  }
  return root;
}

const node& tree() {
  static const auto built = build();
  return *built;
}

/// Literal segments win over variable ones (`/tasks/claim` over `/tasks/{id}`).
const node* descend(const node& from, std::span<const std::string> segments,
                    std::vector<std::string>& variables) {
  if (segments.empty())
    return from.here.empty() ? nullptr : &from;
  const auto child = from.fixed.find(segments.front());
  if (child != from.fixed.end())
    if (const auto* found =
            descend(*child->second, segments.subspan(1), variables))
      return found;
  if (!from.variable || segments.front().empty())
    return nullptr;
  variables.push_back(segments.front());
  const auto* found = descend(*from.variable, segments.subspan(1), variables);
  if (!found)
    variables.pop_back();
  return found;
}

std::string allowed_methods(const node& at) {
  std::set<std::string_view> methods;
  for (const auto* row : at.here) {
    methods.insert(row->method);
    if (row->method == "GET")
      methods.insert("HEAD");
  }
  std::string text;
  for (const auto method : methods)
    text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

} // namespace

const operation_row& operation_of(call what) noexcept {
  return rows[static_cast<std::size_t>(what)];
}

std::span<const operation_row> operations() noexcept {
  return rows;
}

routing find_route(std::string_view method,
                   std::span<const std::string> segments) {
  // Runners that know the older prefix.
  if (segments.size() > 2 && segments[0] == "api" && segments[1] == "v2"
      && segments[2] == "internal")
    segments = segments.subspan(2);
  // "/" may come as no segment or as an empty one.
  if (segments.size() == 1 && segments.front().empty())
    segments = {};
  route found;
  const auto* at = descend(tree(), segments, found.path);
  if (at == nullptr)
    return no_route{};
  const auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  for (const auto* row : at->here)
    if (row->method == wanted) {
      found.operation = row;
      return found;
    }
  return wrong_method{allowed_methods(*at)};
}

} // namespace telltale
