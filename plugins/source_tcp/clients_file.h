// The file of clients, their tokens and accounts: a line `id token [account]` each, # begins a comment.
//
// Errors: thrown as std::runtime_error with file and line. A token is never part of a text.
#pragma once

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "clients.h"

namespace tickweir::tcp {

struct ClientLine {
  std::uint32_t id = 0;
  Token token{};
  std::uint32_t account = 0;  // of its orders; the id if the line names none
};

// What is wrong with the line, or "": then `found` holds the client, or nothing for an empty line.
[[nodiscard]] inline std::string parse_client_line(std::string_view line, std::optional<ClientLine>& found) {
  constexpr std::string_view blanks = " \t\r";
  found.reset();
  line = line.substr(0, line.find('#'));
  const auto next_word = [&] {
    const std::size_t begin = std::min(line.find_first_not_of(blanks), line.size());
    const std::size_t end = std::min(line.find_first_of(blanks, begin), line.size());
    const std::string_view word = line.substr(begin, end - begin);
    line.remove_prefix(end);
    return word;
  };
  const std::string_view id = next_word();
  if (id.empty()) return {};
  const std::string_view token = next_word();
  ClientLine client;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), client.id);
  if (parsed.ec != std::errc() || parsed.ptr != id.data() + id.size() || client.id == 0 ||
      client.id > wire::client_id_max) {
    return "found no client id, expected a number from 1 to " + std::to_string(wire::client_id_max);
  }
  if (token.empty() || token.size() > wire::token_bytes_max) {
    return "found a token of " + std::to_string(token.size()) + " bytes for client " +
           std::to_string(client.id) + ", expected 1 to " + std::to_string(wire::token_bytes_max);
  }
  client.account = client.id;
  if (const std::string_view account = next_word(); !account.empty()) {
    const char* const end = account.data() + account.size();
    const auto number = std::from_chars(account.data(), end, client.account);
    if (number.ec != std::errc() || number.ptr != end || client.account == 0) {
      return "found no account for client " + std::to_string(client.id) + ", expected a number from 1 to " +
             std::to_string(UINT32_MAX);
    }
  }
  if (!next_word().empty()) return "found more than an id, a token and an account";
  std::ranges::copy(token, client.token.begin());
  found = client;
  return {};
}

[[nodiscard]] inline std::vector<ClientLine> parse_clients(std::istream& in, const std::string& path) {
  std::vector<ClientLine> clients;
  std::vector<bool> seen(wire::client_id_max + 1);
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    std::optional<ClientLine> client;
    std::string problem = parse_client_line(line, client);
    if (problem.empty() && client && seen[client->id]) {
      problem = "found client " + std::to_string(client->id) + " a second time";
    }
    if (!problem.empty()) throw std::runtime_error(path + ":" + std::to_string(number) + ": " + problem);
    if (!client) continue;
    seen[client->id] = true;
    clients.push_back(*client);
  }
  return clients;
}

// The clients in the file, which must not be open to everybody.
[[nodiscard]] inline std::vector<ClientLine> read_clients(const std::string& path) {
  struct stat facts {};
  std::ifstream in(path);
  if (!in || ::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    throw std::runtime_error(path +
                             ": cannot be read, expected a file with a line `id token` for each client");
  }
  if ((facts.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    throw std::runtime_error(path +
                             ": everybody can read or change it, and it holds tokens; run chmod 600 on it");
  }
  std::vector<ClientLine> clients = parse_clients(in, path);
  if (clients.empty()) throw std::runtime_error(path + ": holds no client, expected lines `id token`");
  return clients;
}

}  // namespace tickweir::tcp
