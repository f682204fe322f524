#include <cmath>

#include "config/describe.hpp"
#include "config/printed.hpp"
#include "config/rows.hpp"

namespace telltale::config {

namespace {

/// A JSON string. Rows are ASCII without control characters.
std::string json_text(std::string_view value) {
  std::string result = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + '"';
}

std::string choices_of(const field& row) {
  std::string items;
  for (const auto& choice : row.limits.choices)
    items += (items.empty() ? "" : ", ") + json_text(choice);
  return items.empty() ? items : ", \"enum\": [" + items + ']';
}

std::string range_of(const field& row) {
  if (!std::isfinite(row.limits.low))
    return {};
  return ", \"minimum\": " + printed_number(row.limits.low)
         + ", \"maximum\": " + printed_number(row.limits.high);
}

std::string object_of(const std::vector<field>& rows, const std::string& pad);

/// The keywords of one option's schema, without braces.
std::string keywords_of(const field& row, const std::string& pad) {
  const auto type = type_name(row);
  if (type == "text")
    return R"("type": "string")" + choices_of(row);
  if (type == "true or false")
    return R"("type": "boolean")";
  if (type == "whole number")
    return R"("type": "integer")" + range_of(row);
  if (type == "number")
    return R"("type": "number")" + range_of(row);
  if (type == "duration")
    return R"("$ref": "#/$defs/duration")";
  if (type == "secret")
    return R"("$ref": "#/$defs/secret")";
  if (type == "list of texts")
    return R"("type": "array", "items": {"type": "string")" + choices_of(row)
           + '}';
  if (type == "list of secrets")
    return R"("type": "array", "items": {"$ref": "#/$defs/secret"})";
  if (type == "texts by name")
    return R"("type": "object", "additionalProperties": {"type": "string"})";
  const auto entry = object_of(entry_rows(row), pad + "  ");
  if (type == "list of tables")
    return R"("type": "array", "items": )" + entry;
  if (type == "table")
    return entry.substr(1, entry.size() - 2);
  return R"("type": "object", "additionalProperties": )" + entry;
}

std::string property_of(const field& row, const std::string& pad) {
  std::string result = json_text(row.name) + ": {" + keywords_of(row, pad);
  const auto value = printed_value(row);
  if (!value.empty())
    result += ", \"default\": " + value;
  return result + ", \"description\": " + json_text(row.sentence) + '}';
}

std::string object_of(const std::vector<field>& rows, const std::string& pad) {
  std::string result =
      "{\"type\": \"object\", \"additionalProperties\": false, "
      "\"properties\": {";
  bool first = true;
  for (const auto& row : rows) {
    result +=
        (first ? "\n" : ",\n") + pad + "  " + property_of(row, pad + "  ");
    first = false;
  }
  return result + '\n' + pad + "}}";
}

constexpr std::string_view head = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Telltale's configuration",
  "$defs": {
    "duration": {"type": "string", "pattern": "^[0-9]+([.][0-9]+)?(ms|s|m|h|d)$"},
    "secret": {"oneOf": [
      {"type": "string"},
      {"type": "object", "additionalProperties": false, "required": ["env"], "properties": {"env": {"type": "string", "minLength": 1}}},
      {"type": "object", "additionalProperties": false, "required": ["file"], "properties": {"file": {"type": "string", "minLength": 1}}}
    ]}
  },
  "type": "object",
  "additionalProperties": false,
  "properties": {
)";

} // namespace

std::string describe_json_schema() {
  settings defaults;
  std::string out{head};
  bool first = true;
  for (auto& part : sections_of(defaults)) {
    out += (first ? "    " : ",\n    ") + json_text(part.name) + ": ";
    first = false;
    if (part.entries.at)
      out += "{\"type\": \"object\", \"propertyNames\": {\"pattern\": "
             "\"^[a-z0-9-]{1,64}$\"}, \"additionalProperties\": "
             + object_of(part.entries.at("name"), "    ") + '}';
    else if (part.list.add)
      out += R"({"type": "array", "items": )"
             + object_of(part.list.add(), "    ") + '}';
    else
      out += object_of(part.options, "    ");
  }
  return out + "\n  }\n}\n";
}

} // namespace telltale::config
