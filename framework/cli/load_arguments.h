// What the command line of `tickweir load` says.
#pragma once

#include <cstdint>
#include <string>

namespace tickweir {

struct LoadArguments {
  std::string to = "127.0.0.1:7001";
  std::uint32_t client = 1;  // id of the first connection; the others count on
  std::string token_file;
  std::uint32_t connections = 1;
  double rate = 0;  // events a second; 0: full speed
  std::uint64_t events = 0;
  double seconds = 0;
  std::uint64_t reconnects = 0;
  double duplicates = 0;
  std::uint64_t window = 16384;  // unanswered events of a connection
  double patience = 10;          // seconds
  std::string ca, certificate, key;
};

}  // namespace tickweir
