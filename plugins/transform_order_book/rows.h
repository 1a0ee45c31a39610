// For tests: cases written as rows of text, for people who know markets. A file is a list of cases:
//
//   == A cancel in the middle of a queue, then a sweep
//   given new 1 S 100x1              a row of which it is of no matter here what it gives
//   new 9 B 100x3                    a request (request_text.h); indented below it all that it gives, in
//   order
//     accepted 9 B 100x3
//     executed #1 maker 1 taker 9 100x1 left 0/2
//
// Behind the title, before the first row, if wanted:
//   outputs: top levels              also these; else reports alone. Others: orders, auctions, only-top, ...
//   orders: 2                        so many orders may rest in all
//   mode: rebuild
//   ids: by instrument               as in a stage with `shards`
// Order is compared within each output. Blank lines and lines with # are for people.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "request_text.h"

namespace tickweir::book {

struct RowStep {
  int line = 0;
  std::string request;
  bool is_given = false;  // what it gives is not compared
  std::vector<std::string> expected;
};
struct RowCase {
  std::string file;
  int line = 0;
  std::string title;
  std::set<std::string> outputs{"reports"};
  std::uint32_t orders = 64;
  bool is_rebuild = false;
  bool by_instrument = false;
  std::vector<RowStep> steps;
};

// The output on which a line of a Recorder appears.
inline std::string output_of(const std::string& line) {
  const std::string word = line.substr(0, line.find(' '));
  if (word == "level") return "levels";
  if (word == "top") return "top";
  if (word == "order" || word == "snapshot") return "orders";
  if (word == "auction") return "auctions";
  return "reports";
}

// The lines of the outputs that a case wants, output by output.
inline std::vector<std::string> by_output(const std::vector<std::string>& lines,
                                          const std::set<std::string>& wanted) {
  std::vector<std::string> kept;
  for (const std::string& output : wanted) {
    std::ranges::copy_if(lines, std::back_inserter(kept),
                         [&output](const std::string& line) { return output_of(line) == output; });
  }
  return kept;
}

class RowLoader {
 public:
  // Throws std::runtime_error with file and line.
  static std::vector<RowCase> load(std::istream& input, const std::string& file) {
    RowLoader loader;
    loader.file_ = file;
    for (std::string line; std::getline(input, line);) {
      ++loader.line_;
      loader.take(line);
    }
    loader.end_case();
    return std::move(loader.cases_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(file_ + ":" + std::to_string(line_) + ": " + what);
  }
  void take(const std::string& line) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos || line[indent] == '#') return;
    if (line.starts_with("==")) return begin_case(line);
    if (cases_.empty()) fail("a file begins with the title of a case, \"== ...\"");
    if (indent != 0) return take_expected(line.substr(indent));
    if (const auto colon = line.find(": "); colon != std::string::npos && line.find(' ') == colon + 1) {
      return take_setting(line.substr(0, colon), line.substr(colon + 2));
    }
    const bool is_given = line.starts_with("given ");
    RowStep step{
        .line = line_, .request = line.substr(is_given ? 6 : 0), .is_given = is_given, .expected = {}};
    try {
      static_cast<void>(parse_request(step.request));
    } catch (const std::runtime_error& error) {
      fail(error.what());
    }
    cases_.back().steps.push_back(step);
  }
  void begin_case(const std::string& line) {
    end_case();
    const std::size_t title = line.find_first_not_of("= ");
    if (title == std::string::npos) fail("a case needs a title");
    cases_.push_back({.file = file_, .line = line_, .title = line.substr(title), .steps = {}});
  }
  void end_case() const {
    if (!cases_.empty() && cases_.back().steps.empty()) fail("the case before has no rows");
  }
  void take_expected(const std::string& text) {
    RowCase& current = cases_.back();
    if (current.steps.empty()) fail("nothing was asked yet that could give \"" + text + "\"");
    if (current.steps.back().is_given) fail("what a given row gives is not compared; drop \"given\"");
    if (!current.outputs.contains(output_of(text)))
      fail("output " + output_of(text) + " is not among outputs:");
    current.steps.back().expected.push_back(text);
  }
  void take_setting(const std::string& name, const std::string& value) {
    RowCase& current = cases_.back();
    if (!current.steps.empty()) fail("settings stand before the first row");
    if (name == "mode" && value == "rebuild") {
      current.is_rebuild = true;
    } else if (name == "ids" && value == "by instrument") {
      current.by_instrument = true;
    } else if (name == "orders") {
      current.orders = text::number_in<std::uint32_t>(value, name);
    } else if (name == "outputs") {
      std::istringstream words(value);
      for (std::string word; words >> word;) {
        if (word.starts_with("only-")) current.outputs.erase("reports"), word.erase(0, 5);
        if (!std::set<std::string>{"levels", "top", "orders", "auctions"}.contains(word)) {
          fail("no output is called " + word + "; there are levels, top, orders and auctions");
        }
        current.outputs.insert(word);
      }
    } else {
      fail("settings are outputs:, orders:, mode: rebuild and ids: by instrument; found " + name + ": " +
           value);
    }
  }

  std::string file_;
  int line_ = 0;
  std::vector<RowCase> cases_;
};

// All cases of all .rows files of a folder, by file name.
inline std::vector<RowCase> load_rows(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".rows")
      throw std::runtime_error(entry.path().string() + ": not a .rows file");
    files.insert(entry.path());
  }
  std::vector<RowCase> all;
  for (const auto& file : files) {
    std::ifstream input(file);
    if (!input) throw std::runtime_error(file.string() + ": cannot be read");
    for (auto& one : RowLoader::load(input, file.filename().string())) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tickweir::book
