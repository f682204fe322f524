#include "actors/redaction/detect/frames.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "actors/redaction/text/characters.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t first_kept = 6;
constexpr std::size_t last_kept = 3;

enum class line_kind : std::uint8_t { other, frame, rest_of_frame };

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

std::string_view unindented(std::string_view line) {
  return line.substr(skip(line, 0, glyph::blank));
}

/// `3: name` of Rust, `#3 name` of PHP, gdb and sanitizers.
bool is_numbered(std::string_view line) {
  const bool hash = starts(line, "#");
  const auto from = hash ? 1U : 0U;
  const auto end = skip(line, from, glyph::digit);
  return end > from && end - from <= 4 && end < line.size()
         && (hash ? is(line[end], glyph::blank)
                  : line[end] == ':' && end + 1 < line.size()
                        && line[end + 1] == ' ');
}

/// A tab, a path, a colon and a number: the second line of a frame in Go.
bool is_go_place(std::string_view line) {
  const auto colon = line.rfind(':');
  return starts(line, "\t") && colon != std::string_view::npos
         && colon + 1 < line.size() && is(line[colon + 1], glyph::digit);
}

/// A text's lines, four bytes for each.
class line_table {
public:
  explicit line_table(std::string_view text) : text_(text) {
    begins_.reserve(count_of(text, '\n') + 2);
    for (std::size_t at = 0; at <= text.size();) {
      begins_.push_back(static_cast<std::uint32_t>(at));
      at = std::min(text.find('\n', at), text.size()) + 1;
    }
    begins_.push_back(static_cast<std::uint32_t>(text.size() + 1));
  }

  [[nodiscard]] std::size_t size() const noexcept { return begins_.size() - 1; }

  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return text_.substr(begins_[i], begins_[i + 1] - begins_[i] - 1);
  }

private:
  std::string_view text_;
  std::vector<std::uint32_t> begins_;
};

line_kind classify(const line_table& lines, std::size_t i,
                   const std::vector<line_kind>& before) {
  const auto line = lines[i];
  const auto plain = unindented(line);
  const auto last = i == 0 ? line_kind::other : before[i - 1];
  const bool indented = plain.size() < line.size();
  if (is_go_place(line) && last == line_kind::frame)
    return line_kind::rest_of_frame;
  if (starts(plain, "File \"") && plain.find(", line ") != plain.npos)
    return line_kind::frame;
  if (indented && i > 0 && last == line_kind::frame
      && starts(unindented(lines[i - 1]), "File \""))
    return line_kind::rest_of_frame; // Python shows the line of code
  if (indented && starts(plain, "at ")) {
    const bool rust =
        last == line_kind::frame && is_numbered(unindented(lines[i - 1]));
    return rust ? line_kind::rest_of_frame : line_kind::frame;
  }
  if (is_numbered(plain) && (indented || starts(plain, "#")))
    return line_kind::frame;
  if (starts(plain, "from ") && plain.find(":in ") != plain.npos)
    return line_kind::frame;
  if (i + 1 < lines.size() && is_go_place(lines[i + 1])
      && line.find('(') != line.npos)
    return line_kind::frame;
  return line_kind::other;
}

} // namespace

std::string fold_frames(std::string_view text) {
  const line_table lines{text};
  std::vector<line_kind> kinds;
  kinds.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    kinds.push_back(classify(lines, i, kinds));
  std::string out;
  const auto put = [&](std::string_view line, std::size_t i) {
    out.append(line);
    if (i + 1 < lines.size())
      out.push_back('\n');
  };
  for (std::size_t i = 0; i < lines.size();) {
    if (kinds[i] == line_kind::other) {
      put(lines[i], i);
      ++i;
      continue;
    }
    auto end = i;
    std::size_t frames = 0;
    while (end < lines.size() && kinds[end] != line_kind::other)
      frames += kinds[end++] == line_kind::frame ? 1U : 0U;
    const bool folds = frames > first_kept + last_kept + 1;
    std::size_t n = 0;
    bool told = false;
    for (; i < end; ++i) {
      n += kinds[i] == line_kind::frame ? 1U : 0U;
      if (!folds || n <= first_kept || n > frames - last_kept) {
        put(lines[i], i);
      } else if (!told) {
        told = true;
        out += "    \xe2\x80\xa6 "
               + std::to_string(frames - first_kept - last_kept)
               + " frames omitted\n";
      }
    }
  }
  return out;
}

} // namespace telltale::redact
