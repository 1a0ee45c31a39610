// What promtool, of Debian's package prometheus, thinks of a metrics page.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tickweir/testing_folder.h"

namespace tickweir::testing {

// The exit code of `promtool check metrics`: 0 nothing found, 3 findings, 1 unreadable, 127 not installed.
// What it said is in `said`.
inline int promtool_finds(const std::string& page, std::string& said) {
  const TempFolder folder;
  const std::string path = folder.at("page");
  std::ofstream(path) << page;
  FILE* const tool = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  for (int c = 0; (c = std::fgetc(tool)) != EOF;) said += static_cast<char>(c);
  const int status = ::pclose(tool);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace tickweir::testing
