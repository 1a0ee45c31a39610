// From one option of a descriptor to its JSON Schema. See schema.h.
#include <string>

#include "runtime/graph/bind.h"
#include "runtime/graph/schema.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

using nlohmann::ordered_json;

ordered_json reference(const char* definition) {
  return {{"$ref", std::string("#/definitions/") + definition}};
}

// The text of a number as JSON: whole when it is.
ordered_json number(std::string_view text) {
  if (const auto whole = parse_integer(text)) return *whole;
  return parse_real(text).value_or(0);
}

ordered_json number_schema(const tickweir_option& option, const char* type) {
  ordered_json schema = {{"type", type}};
  if (option.minimum != nullptr) schema["minimum"] = number(option.minimum);
  if (option.maximum != nullptr) schema["maximum"] = number(option.maximum);
  return schema;
}

ordered_json choice_schema(const tickweir_option& option) {
  ordered_json names = ordered_json::array();
  for (const std::string_view name : split_names(option.choices)) names.push_back(std::string(name));
  return {{"enum", std::move(names)}};
}

ordered_json plain_schema(const tickweir_option& option) {
  switch (option.type) {
    case TICKWEIR_OPTION_INTEGER:
      return number_schema(option, "integer");
    case TICKWEIR_OPTION_REAL:
      return number_schema(option, "number");
    case TICKWEIR_OPTION_BOOLEAN:
      return {{"type", "boolean"}};
    case TICKWEIR_OPTION_DURATION:
      return reference("duration");
    case TICKWEIR_OPTION_SIZE:
      return reference("size");
    case TICKWEIR_OPTION_CHOICE:
      return choice_schema(option);
    default:
      return reference("text");
  }
}

ordered_json default_value(const tickweir_option& option) {
  const std::string text = option.default_text;
  switch (option.type) {
    case TICKWEIR_OPTION_INTEGER:
    case TICKWEIR_OPTION_REAL:
      return number(text);
    case TICKWEIR_OPTION_BOOLEAN:
      return text == "true";
    case TICKWEIR_OPTION_TEXT_LIST:
      return split_list_default(text);
    default:
      return text;
  }
}

}  // namespace

ordered_json option_schema(const tickweir_option& option) {
  ordered_json schema;
  schema["description"] = (option.help == nullptr ? std::string() : std::string(option.help) + " ") +
                          "Expected: " + expected_text(option) + ".";
  const bool secret = (option.flags & TICKWEIR_OPTION_SECRET) != 0;
  if (option.default_text != nullptr && !secret) schema["default"] = default_value(option);
  if (option.type == TICKWEIR_OPTION_TEXT_LIST) {
    schema["type"] = "array";
    schema["items"] = reference("text");
  } else {
    schema["anyOf"] = {plain_schema(option), reference("placeholder")};
  }
  return schema;
}

}  // namespace tickweir
