// See readme_tables.h.
#include "readme_tables.h"

#include <iterator>

#include "tickweir/scalar.h"

namespace tickweir::contract {
namespace {

std::string cell(const std::string& text) {
  return text.empty() ? " |" : " " + text + " |";
}

std::string type_text(const tickweir_option& option) {
  constexpr const char* names[] = {"?",    "integer", "real",   "boolean",  "duration",
                                   "size", "text",    "choice", "text_list"};
  const std::string name = option.type < std::size(names) ? names[option.type] : "?";
  return option.unit == nullptr ? name : name + " (" + option.unit + ")";
}

std::string range_text(const tickweir_option& option) {
  if (option.type == TICKWEIR_OPTION_BOOLEAN) return "true, false";
  std::string text;
  if (option.type == TICKWEIR_OPTION_CHOICE) {
    for (const std::string_view name : split_names(option.choices))
      text.append(text.empty() ? "" : ", ").append(name);
    return text;
  }
  if (option.minimum == nullptr && option.maximum == nullptr) return text;
  if (option.minimum != nullptr) text += option.minimum;
  text += "..";
  if (option.maximum != nullptr) text += option.maximum;
  return text;
}

std::string kind_text(const tickweir_counter& counter) {
  return counter.kind == TICKWEIR_COUNTER ? "counter"
         : counter.kind == TICKWEIR_GAUGE ? "gauge"
                                          : "histogram";
}

}  // namespace

std::string options_table(const tickweir_plugin& plugin) {
  if (plugin.option_count == 0) return {};
  std::string table = "| name | type | default | range | help |\n|---|---|---|---|---|\n";
  for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
    const tickweir_option& option = plugin.options[i];
    table += "|" + cell(option.name) + cell(type_text(option)) +
             cell(option.default_text == nullptr ? "required" : option.default_text) +
             cell(range_text(option)) + cell(option.help) + "\n";
  }
  return table;
}

std::string counters_table(const tickweir_plugin& plugin) {
  if (plugin.counter_count == 0) return {};
  std::string table = "| name | kind | help |\n|---|---|---|\n";
  for (std::uint32_t i = 0; i < plugin.counter_count; ++i) {
    const tickweir_counter& counter = plugin.counters[i];
    const std::string label = counter.label == nullptr ? "" : "{" + std::string(counter.label) + "}";
    table += "|" + cell(counter.name + label) + cell(kind_text(counter)) + cell(counter.help) + "\n";
  }
  return table;
}

std::string reasons_table(const tickweir_plugin& plugin) {
  if (plugin.reason_count == 0) return {};
  std::string table = "| drop reason | help |\n|---|---|\n";
  for (std::uint32_t i = 0; i < plugin.reason_count; ++i) {
    table += "|" + cell(plugin.reasons[i].name) + cell(plugin.reasons[i].help) + "\n";
  }
  return table;
}

}  // namespace tickweir::contract
