// A table of text with aligned columns, for people. Over libsmartcols, which knows how wide characters are.
//
// Threading: one thread.
#pragma once

#include <string>
#include <vector>

namespace tickweir {

struct Column {
  std::string name;
  bool is_number = false;  // aligned right
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Lines, headings first; each ends with a line break and none with a blank.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tickweir
