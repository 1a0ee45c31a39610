// The runtime's side of the plugin line for tests: options, clock, counters. Part of tickweir/testing.h;
// what a test uses of it directly is OptionTexts, StageError and ContractError.
#pragma once

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tickweir/counters.h"
#include "tickweir/plugin.h"
#include "tickweir/scalar.h"

namespace tickweir::testing {

// An option as a user would write it: "100", "250us", "[A, B]", or a list of texts.
class OptionValue {
 public:
  OptionValue(const char* text) : text_(text) {}
  OptionValue(std::string text) : text_(std::move(text)) {}
  OptionValue(std::vector<std::string> items) : items_(std::move(items)), is_list_(true) {}
  OptionValue(std::initializer_list<const char*> items)
      : items_(items.begin(), items.end()), is_list_(true) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  // The items of a list, also of one written as "[A, B]".
  [[nodiscard]] std::vector<std::string> items() const { return is_list_ ? items_ : split(text_); }

 private:
  static std::vector<std::string> split(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<std::string> items;
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      std::string_view item = text.substr(0, comma);
      text.remove_prefix(std::min(comma + 1, text.size()));
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      if (!item.empty()) items.emplace_back(item);
    }
    return items;
  }

  std::string text_;
  std::vector<std::string> items_;
  bool is_list_ = false;
};
struct OptionText {
  std::string name;
  OptionValue value;
};
using OptionTexts = std::vector<OptionText>;

// The stage, or an option's range, said no: what() is its own text, option() the option at fault or "".
class StageError : public std::runtime_error {
 public:
  StageError(const std::string& text, std::string option)
      : std::runtime_error(text), option_(std::move(option)) {}
  [[nodiscard]] const std::string& option() const { return option_; }

 private:
  std::string option_;
};

// The stage broke the contract of tickweir/plugin.h (or a test used the harness wrongly).
class ContractError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace detail {

inline void require(bool holds, const std::string& otherwise) {
  if (!holds) throw ContractError(otherwise);
}

inline const tickweir_plugin& open_plugin(const char* file) {
  void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);  // never closed, as in the runtime
  require(library != nullptr, library != nullptr ? "" : dlerror());
  const auto entry = reinterpret_cast<tickweir_entry_fn>(dlsym(library, TICKWEIR_ENTRY_SYMBOL));
  require(entry != nullptr, std::string(file) + " exports no " TICKWEIR_ENTRY_SYMBOL);
  const tickweir_plugin* plugin = entry();
  require(plugin != nullptr && plugin->size == sizeof(tickweir_plugin),
          std::string(file) + " was built with another SDK than this test");
  return *plugin;
}

// Room for the error of one call.
class ErrorRoom {
 public:
  ErrorRoom() { raw_.text = text_, raw_.text_capacity = sizeof text_; }
  ErrorRoom(const ErrorRoom&) = delete;
  ErrorRoom& operator=(const ErrorRoom&) = delete;
  tickweir_error* raw() { return &raw_; }
  [[nodiscard]] std::string text() const { return text_; }
  [[nodiscard]] std::string option_name(const tickweir_plugin& plugin) const {
    if (raw_.option < 0) return {};
    require(static_cast<std::uint32_t>(raw_.option) < plugin.option_count,
            "an error names an option that is not in the table");
    return plugin.options[raw_.option].name;
  }

 private:
  char text_[1024] = "";
  tickweir_error raw_{};
};

// Option texts to values in the order of the table, defaults filled in, with the memory they point into.
class BoundValues {
 public:
  BoundValues(const tickweir_plugin& plugin, const OptionTexts& texts) : values_(plugin.option_count) {
    for (const OptionText& text : texts) {
      if (find(plugin, text.name) == nullptr) throw StageError("there is no option " + text.name, text.name);
    }
    for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
      const tickweir_option& option = plugin.options[i];
      const OptionText* given = nullptr;
      for (const OptionText& text : texts) {
        if (text.name == option.name) given = &text;
      }
      if (given == nullptr && option.default_text == nullptr) {
        throw StageError(
            "option " + std::string(option.name) + " is missing: expected " + expected_text(option),
            option.name);
      }
      bind(option, given != nullptr ? given->value : OptionValue(option.default_text), values_[i]);
    }
  }
  [[nodiscard]] const tickweir_value* data() const { return values_.data(); }

 private:
  static const tickweir_option* find(const tickweir_plugin& plugin, const std::string& name) {
    for (std::uint32_t i = 0; i < plugin.option_count; ++i) {
      if (plugin.options[i].name == name) return &plugin.options[i];
    }
    return nullptr;
  }
  void bind(const tickweir_option& option, const OptionValue& given, tickweir_value& value) {
    if (option.type == TICKWEIR_OPTION_TEXT_LIST) {
      auto& items = lists_.emplace_back();
      for (const std::string& item : given.items()) items.push_back(texts_.emplace_back(item).c_str());
      value.items = items.data();
      value.item_count = static_cast<std::uint32_t>(items.size());
      return;
    }
    const std::string& kept = texts_.emplace_back(given.text());
    if (!parse_option(option, kept, value)) {
      throw StageError("option " + std::string(option.name) + ": found \"" + kept + "\", expected " +
                           expected_text(option),
                       option.name);
    }
    if (option.type == TICKWEIR_OPTION_TEXT || option.type == TICKWEIR_OPTION_CHOICE)
      value.text = kept.c_str();
  }

  std::vector<tickweir_value> values_;
  std::deque<std::string> texts_;  // a deque: texts stay where they are
  std::deque<std::vector<const char*>> lists_;
};

// Clock, log and counters.
class TestHost {
 public:
  TestHost(const tickweir_plugin& plugin, std::uint32_t series_max)
      : plugin_(plugin), series_max_(series_max) {
    raw_.state = this;
    raw_.now = [](void* state) { return static_cast<TestHost*>(state)->time_; };
    raw_.log = [](void* state, std::uint32_t, const char* text) {
      static_cast<TestHost*>(state)->logs_.emplace_back(text);
    };
    raw_.cell = [](void* state, std::uint32_t index, const char* label) {
      return static_cast<TestHost*>(state)->make_cells(index, label);
    };
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  const tickweir_host* raw() const { return &raw_; }
  void set_time(std::uint64_t time) { time_ = time; }
  [[nodiscard]] std::uint64_t time() const { return time_; }
  [[nodiscard]] const std::vector<std::string>& logs() const { return logs_; }
  void end_setup() { in_setup_ = false; }
  void check() const { require(fault_.empty(), fault_); }

  // nullptr when the stage never asked for that series.
  [[nodiscard]] const std::uint64_t* cells(std::string_view name, std::string_view label) const {
    for (std::uint32_t i = 0; i < plugin_.counter_count; ++i) {
      if (plugin_.counters[i].name == name) return find(i, label);
    }
    throw ContractError("the plugin has no counter " + std::string(name));
  }
  [[nodiscard]] std::vector<std::string> labels(std::string_view name) const {
    std::vector<std::string> found;
    for (const Series& one : series_) {
      if (plugin_.counters[one.counter].name == name) found.push_back(one.label);
    }
    return found;
  }

 private:
  struct Series {
    std::uint32_t counter;
    std::string label;
    std::vector<std::uint64_t> cells;
  };
  [[nodiscard]] const std::uint64_t* find(std::uint32_t counter, std::string_view label) const {
    for (const Series& one : series_) {
      if (one.counter == counter && one.label == label) return one.cells.data();
    }
    return nullptr;
  }
  std::uint64_t* make_cells(std::uint32_t index, const char* label) {
    if (!in_setup_) fault_ = "asked for a counter after start()";
    if (index >= plugin_.counter_count) {
      fault_ = "asked for a counter that is not in the table";
      return nullptr;
    }
    const std::string value = label == nullptr ? "" : label;
    if (const std::uint64_t* known = find(index, value)) return const_cast<std::uint64_t*>(known);
    std::uint32_t count = 0;
    for (const Series& one : series_) count += one.counter == index ? 1 : 0;
    if (count == series_max_) return nullptr;
    const bool is_histogram = plugin_.counters[index].kind == TICKWEIR_HISTOGRAM;
    series_.push_back(
        {index, value, std::vector<std::uint64_t>(is_histogram ? HistogramLayout::cell_count : 1)});
    return series_.back().cells.data();
  }

  const tickweir_plugin& plugin_;
  std::uint32_t series_max_;
  tickweir_host raw_{};
  std::uint64_t time_ = 0;
  std::vector<std::string> logs_;
  std::deque<Series> series_;
  bool in_setup_ = true;
  std::string fault_;
};

}  // namespace detail
}  // namespace tickweir::testing
