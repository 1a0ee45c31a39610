// Tables over libsmartcols.
#include "cli/table.h"

#include <cstdlib>
#include <memory>
#include <new>

#include <libsmartcols.h>

#include "tickweir/assert.h"

namespace tickweir {
namespace {

struct Unref {
  void operator()(libscols_table* table) const { scols_unref_table(table); }
};

std::string without_trailing_blanks(const std::string& text) {
  std::string trimmed;
  for (const char c : text) {
    if (c == '\n') trimmed.erase(trimmed.find_last_not_of(' ') + 1);
    trimmed += c;
  }
  trimmed.erase(trimmed.find_last_not_of(" \n") + 1);
  return trimmed + "\n";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  TICKWEIR_ASSERT(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const std::unique_ptr<libscols_table, Unref> table(scols_new_table());
  if (table == nullptr) throw std::bad_alloc();
  // Never cut to the width of a terminal: a cut cause or path helps nobody.
  scols_table_set_termforce(table.get(), SCOLS_TERMFORCE_NEVER);
  scols_table_set_column_separator(table.get(), "  ");
  for (const Column& column : columns_) {
    scols_table_new_column(table.get(), column.name.c_str(), 0, column.is_number ? SCOLS_FL_RIGHT : 0);
  }
  for (const auto& row : rows_) {
    libscols_line* const line = scols_table_new_line(table.get(), nullptr);
    if (line == nullptr) throw std::bad_alloc();
    for (std::size_t i = 0; i < row.size(); ++i) scols_line_set_data(line, i, row[i].c_str());
  }
  char* printed = nullptr;
  if (scols_print_table_to_string(table.get(), &printed) != 0) throw std::bad_alloc();
  const std::unique_ptr<char, decltype(&std::free)> owned(printed, &std::free);
  return without_trailing_blanks(owned == nullptr ? "" : owned.get());
}

}  // namespace tickweir
