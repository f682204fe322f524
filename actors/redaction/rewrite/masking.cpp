#include "actors/redaction/rewrite/masking.hpp"

#include <algorithm>

#include "actors/redaction/detect/known_values.hpp"
#include "actors/redaction/text/characters.hpp"
#include "text/utf8.hpp"

namespace telltale::redact {

namespace {

constexpr std::size_t most_propagated = 256; ///< values of one text
constexpr std::size_t most_looked_at = 8192; ///< finds of one text
constexpr std::size_t longest_propagated = 4096;
constexpr std::size_t cut_slack = 128; ///< around where a text is cut
constexpr std::string_view user_mark = "[user]";

/// The part of a find that is a secret wherever it stands.
std::string_view value_of(std::string_view text, const find& f) {
  auto value = text.substr(f.begin, f.end - f.begin);
  if (f.kind == secret_class::url_userinfo)
    if (const auto colon = value.find(':'); colon != std::string_view::npos)
      value.remove_prefix(colon + 1);
  return value;
}

bool propagates(const find& f) {
  const auto from = row_of(f.kind).from;
  return from == redaction_profile::store && f.kind != secret_class::known_value
         && f.kind != secret_class::private_key
         && f.kind != secret_class::work_budget;
}

bool has_digit(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return is(c, glyph::digit); });
}

/// A value that was masked once is masked at its other places too.
void propagate(search& s) {
  auto& finds = s.finds();
  value_finder finder;
  std::size_t taken = 0;
  const auto looked_at = std::min(finds.size(), most_looked_at);
  for (std::size_t i = 0; i < looked_at && taken < most_propagated; ++i) {
    if (!propagates(finds[i]))
      continue;
    const auto value = value_of(s.text, finds[i]);
    if (value.size() < value_finder::least || value.size() > longest_propagated
        || !has_digit(value.substr(0, 256)))
      continue;
    finder.add(std::string{value}, static_cast<std::uint32_t>(i));
    ++taken;
  }
  if (finder.empty())
    return;
  std::vector<value_finder::hit> hits;
  finder.find(s.text, hits);
  std::size_t covered = 0; // values that repeat themselves overlap
  for (const auto& hit : hits)
    if (hit.end > covered) {
      finds.push_back({hit.begin, hit.end, finds[hit.owner].kind});
      covered = hit.end;
    }
}

bool surer(secret_class a, secret_class b) {
  return row_of(a).sureness < row_of(b).sureness;
}

bool comes_before(const find& a, const find& b) {
  return a.begin != b.begin ? a.begin < b.begin
         : a.end != b.end   ? a.end > b.end
                            : a.kind < b.kind;
}

/// Overlapping finds become one, named by the surest of them.
void merge(std::vector<find>& finds) {
  // Each finder goes from left to right, so that there are few stretches that
  // are in order already.
  int merges = 0;
  for (auto middle =
           std::is_sorted_until(finds.begin(), finds.end(), comes_before);
       middle != finds.end();) {
    const auto next = std::is_sorted_until(middle, finds.end(), comes_before);
    if (++merges > 8) { // too little order
      std::sort(finds.begin(), finds.end(), comes_before);
      break;
    }
    std::inplace_merge(finds.begin(), middle, next, comes_before);
    middle = next;
  }
  std::size_t kept = 0;
  for (const auto& f : finds) {
    if (kept != 0 && f.begin < finds[kept - 1].end) {
      auto& last = finds[kept - 1];
      const auto longer = f.end - f.begin > last.end - last.begin;
      if (surer(f.kind, last.kind) || (longer && !surer(last.kind, f.kind)))
        last.kind = f.kind;
      last.end = std::max(last.end, f.end);
    } else {
      finds[kept++] = f;
    }
  }
  finds.resize(kept);
}

/// Takes the placeholders out of merged finds.
std::vector<find> clip(const std::vector<find>& finds,
                       const std::vector<stretch>& placeholders) {
  std::vector<find> out;
  std::size_t k = 0;
  for (const auto& f : finds) {
    auto begin = f.begin;
    while (k < placeholders.size() && placeholders[k].end <= begin)
      ++k;
    for (auto p = k; p < placeholders.size() && placeholders[p].begin < f.end;
         ++p) {
      if (placeholders[p].begin > begin)
        out.push_back({begin, placeholders[p].begin, f.kind});
      begin = std::max(begin, placeholders[p].end);
    }
    if (begin < f.end)
      out.push_back({begin, f.end, f.kind});
  }
  return out;
}

} // namespace

redaction_findings to_findings(const tally& counts) {
  redaction_findings out;
  for (const auto& row : class_rows())
    if (const auto n = counts[index_of(row.id)]; n != 0)
      out.push_back({std::string{row.name}, n});
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.kind < b.kind; });
  return out;
}

std::vector<stretch> find_placeholders_of(const shadow& dark,
                                          std::string_view original) {
  auto out = find_placeholders(dark.text());
  std::erase_if(out, [&](const stretch& p) {
    const auto begin = dark.begin_of(p.begin);
    const auto end = dark.end_of(p.end - 1);
    return end - begin != p.end - p.begin
           || placeholder_length(original, begin) != end - begin;
  });
  return out;
}

std::optional<std::string> mask(const shadow& dark, std::string_view original,
                                search& s,
                                const std::vector<stretch>& placeholders,
                                const placeholder_writer& writer,
                                std::size_t tagged, tally& counts) {
  propagate(s);
  merge(s.finds());
  const auto finds = clip(s.finds(), placeholders);
  const bool strip_tags =
      tagged == 0
      && std::any_of(placeholders.begin(), placeholders.end(),
                     [&](const stretch& p) {
                       return s.text.substr(p.begin, p.end - p.begin).find('#')
                              != std::string_view::npos;
                     });
  if (finds.empty() && !strip_tags)
    return std::nullopt;
  std::string out;
  out.reserve(original.size() + 64);
  std::size_t done = 0; // of the original
  std::size_t p = 0;
  std::vector<tag_place> tags;
  const auto copy_to = [&](std::size_t to) {
    while (strip_tags && p < placeholders.size()) {
      const auto begin = dark.begin_of(placeholders[p].begin);
      if (begin >= to)
        break;
      const auto end = dark.end_of(placeholders[p].end - 1);
      ++p;
      if (begin < done)
        continue;
      out.append(original.substr(done, begin - done));
      out.append(without_tag(original.substr(begin, end - begin)));
      done = end;
    }
    if (to > done) {
      out.append(original.substr(done, to - done));
      done = to;
    }
  };
  for (const auto& f : finds) {
    auto begin = dark.begin_of(f.begin);
    auto end = dark.end_of(f.end - 1);
    while (begin > done && text::is_continuation(original[begin]))
      --begin;
    while (end < original.size() && text::is_continuation(original[end]))
      ++end;
    if (begin < done)
      begin = done; // a neighbour took its first bytes
    if (begin >= end)
      continue;
    copy_to(begin);
    ++counts[index_of(f.kind)];
    if (f.kind == secret_class::home_path) {
      out.append(user_mark);
    } else {
      const auto value = s.text.substr(f.begin, f.end - f.begin);
      if (const auto at = writer.write(out, f.kind, value, tagged != 0);
          at != 0)
        tags.push_back({at, f.kind, value});
    }
    done = end;
  }
  copy_to(original.size());
  // What is between the ends is cut away, and a tag costs more than a mask.
  if (out.size() > tagged)
    std::erase_if(tags,
                  [&, head = tagged * 6 / 10 + cut_slack,
                   tail = tagged * 4 / 10 + cut_slack](const tag_place& tag) {
                    return tag.at > head && tag.at + tail < out.size();
                  });
  writer.tag(out, tags);
  return out;
}

} // namespace telltale::redact
