// See bind.h.
#include "runtime/graph/bind.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "runtime/graph/draft.h"
#include "runtime/graph/tables.h"
#include "tickweir/scalar.h"

namespace tickweir {
namespace {

bool is_secret(const tickweir_option& option) {
  return (option.flags & TICKWEIR_OPTION_SECRET) != 0;
}

// What to do about a text that the option does not take, where that can be guessed.
std::string remedy(const tickweir_option& option, const std::string& text) {
  const bool bare_number = parse_integer(text).has_value();
  switch (option.type) {
    case TICKWEIR_OPTION_DURATION:
      return bare_number ? "a duration needs a unit: ns, us, ms, s, m or h" : "";
    case TICKWEIR_OPTION_SIZE:
      return bare_number ? "a size needs a unit: B, KiB, MiB, GiB or TiB" : "";
    case TICKWEIR_OPTION_CHOICE: {
      const auto names = split_names(option.choices);
      return suggest(text, {names.begin(), names.end()});
    }
    default:
      return "";
  }
}

// A number or boolean in quotes is a text to YAML, and here; not so where quotes had to be (${...}).
bool must_be_plain(const tickweir_option& option) {
  return option.type == TICKWEIR_OPTION_INTEGER || option.type == TICKWEIR_OPTION_REAL ||
         option.type == TICKWEIR_OPTION_BOOLEAN;
}

class Binder {
 public:
  Binder(const StageConfig& stage, const tickweir_plugin& plugin, Diagnostics& diagnostics)
      : stage_(stage), plugin_(plugin), table_(options_of(plugin)), diagnostics_(diagnostics) {}

  Binding bind() {
    const std::size_t errors_before = diagnostics_.error_count();
    refuse_unknown();
    for (const tickweir_option& option : table_) bind_one(option);
    if (diagnostics_.error_count() == errors_before && all_options_read()) ask_plugin();
    return std::move(binding_);
  }

 private:
  [[nodiscard]] bool all_options_read() const {
    return stage_.options_known && std::none_of(stage_.options.begin(), stage_.options.end(),
                                                [](const OptionText& text) { return text.refused; });
  }

  [[nodiscard]] const OptionText* written(std::string_view name) const {
    for (const OptionText& text : stage_.options) {
      if (text.name == name) return &text;
    }
    return nullptr;
  }

  void refuse_unknown() {
    std::vector<std::string> names;
    for (const tickweir_option& option : table_) names.emplace_back(option.name);
    for (const OptionText& text : stage_.options) {
      bool known = false;
      for (const std::string& name : names) known = known || name == text.name;
      if (known) continue;
      std::string help = suggest(text.name, names);
      if (help.empty()) {
        help = names.empty() ? in_quotes(plugin_.name) + " has no options" : "its options are " + join(names);
      }
      diagnostics_.error(text.name_place,
                         "plugin " + in_quotes(plugin_.name) + " has no option " + in_quotes(text.name),
                         help);
    }
  }

  void bind_one(const tickweir_option& option) {
    const OptionText* text = written(option.name);
    binding_.places.push_back(text == nullptr ? stage_.config_place : text->value_place);
    binding_.options.values.emplace_back();
    binding_.options.shown.emplace_back();
    const bool lacking = text == nullptr && option.default_text == nullptr;
    if ((text != nullptr && text->refused) || (lacking && !stage_.options_known)) return;
    if (lacking) {
      diagnostics_.error(stage_.config_place,
                         "stage " + in_quotes(stage_.id) + " needs the option " + in_quotes(option.name) +
                             ": " + expected_text(option),
                         option.help == nullptr ? "" : option.help);
    } else if (option.type == TICKWEIR_OPTION_TEXT_LIST) {
      bind_list(option, text);
    } else {
      bind_scalar(option, text);
    }
  }

  void bind_list(const tickweir_option& option, const OptionText* text) {
    if (text != nullptr && !text->is_list) {
      refuse(option, *text, in_quotes(scalar_of(*text)));
      return;
    }
    std::vector<std::string> items;
    if (text == nullptr) items = split_list_default(option.default_text);
    if (text != nullptr) {
      for (const Located<std::string>& item : text->texts) {
        if (check_text(option, item)) items.push_back(item.value);
      }
    }
    auto pointers = std::make_unique<std::vector<const char*>>();
    for (const std::string& item : items) pointers->push_back(keep(item));
    tickweir_value& value = binding_.options.values.back();
    value.item_count = static_cast<std::uint32_t>(pointers->size());
    value.items = pointers->data();
    binding_.options.lists.push_back(std::move(pointers));
    show(option, "[" + join(items) + "]");
  }

  void bind_scalar(const tickweir_option& option, const OptionText* text) {
    if (text != nullptr && text->is_list) {
      refuse(option, *text, "a list");
      return;
    }
    const std::string scalar = text == nullptr ? option.default_text : scalar_of(*text);
    tickweir_value& value = binding_.options.values.back();
    const bool fits = parse_option(option, scalar, value);
    // The registry has checked the defaults; a default that does not fit is not the user's doing.
    TICKWEIR_ASSERT(fits || text != nullptr);
    if (!fits) {
      refuse(option, *text, in_quotes(scalar), remedy(option, scalar));
      return;
    }
    if (text != nullptr && text->quoted && !text->any_type && must_be_plain(option)) {
      refuse(option, *text, "the text " + in_quotes(scalar),
             is_secret(option) ? "leave out the quotes" : "write " + scalar + " without quotes");
      return;
    }
    if (option.type == TICKWEIR_OPTION_TEXT && text != nullptr &&
        !check_text(option, {scalar, text->value_place})) {
      return;
    }
    if (option.type == TICKWEIR_OPTION_TEXT || option.type == TICKWEIR_OPTION_CHOICE)
      value.text = keep(scalar);
    show(option, scalar);
  }

  // A NUL would end the text early on the plugin's side.
  bool check_text(const tickweir_option& option, const Located<std::string>& text) {
    if (text.value.find('\0') == std::string::npos) return true;
    diagnostics_.error(text.place,
                       "option " + in_quotes(option.name) + " holds a NUL byte, which no text may");
    return false;
  }

  void refuse(const tickweir_option& option, const OptionText& text, const std::string& found,
              std::string help = {}) {
    std::string message = "option " + in_quotes(option.name) + " must be " + expected_text(option);
    message += is_secret(option) ? "; what was found is secret" : ", not " + found;
    diagnostics_.error(text.value_place, std::move(message), std::move(help));
  }

  static std::string scalar_of(const OptionText& text) {
    return text.texts.empty() ? std::string() : text.texts.front().value;
  }

  const char* keep(const std::string& text) {
    binding_.options.texts.push_back(std::make_unique<std::string>(text));
    return binding_.options.texts.back()->c_str();
  }

  void show(const tickweir_option& option, std::string text) {
    binding_.options.shown.back() = is_secret(option) ? "***" : std::move(text);
  }

  void ask_plugin() {
    if (plugin_.validate == nullptr) return;
    std::array<char, 1024> text{};
    tickweir_error error{.text = text.data(), .text_capacity = text.size()};
    const std::vector<tickweir_value>& values = binding_.options.values;
    if (plugin_.validate(values.data(), static_cast<std::uint32_t>(values.size()), &error) == TICKWEIR_OK)
      return;
    const std::string cause = text[0] == '\0' ? "it refuses its options without saying why" : text.data();
    const bool points = error.option >= 0 && static_cast<std::size_t>(error.option) < table_.size();
    if (points) {
      const auto at = static_cast<std::size_t>(error.option);
      diagnostics_.error(binding_.places[at], "option " + in_quotes(table_[at].name) + ": " + cause);
    } else {
      diagnostics_.error(stage_.config_place, "plugin " + in_quotes(plugin_.name) + ": " + cause);
    }
  }

  const StageConfig& stage_;
  const tickweir_plugin& plugin_;
  std::span<const tickweir_option> table_;
  Diagnostics& diagnostics_;
  Binding binding_;
};

}  // namespace

std::vector<std::string> split_list_default(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return items;
}

Binding bind_options(const StageConfig& stage, const tickweir_plugin& plugin, Diagnostics& diagnostics) {
  return Binder(stage, plugin, diagnostics).bind();
}

}  // namespace tickweir
