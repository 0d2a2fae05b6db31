// A WebSocket echo server on plain epoll that answers message by message: for each, one read and one write.
// It shares nothing with engine/, so that a mistake common to ringstorm's two ends cannot hide, and it stands
// for the many servers that are written this way. One thread. It echoes frame by frame, which echoes
// fragmented messages too.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t kMaxPayloadBytes = 16U << 20;
constexpr std::size_t kMaxHeadBytes = 16U << 10;
constexpr std::size_t kReadBytes = 256U << 10;

[[noreturn]] void fail(std::string_view what) {
  fmt::print(stderr, "epoll_echo_server: {}: {}\n", what, std::generic_category().message(errno));
  std::exit(1);
}

int checked(int result, std::string_view what) {
  if (result < 0) fail(what);
  return result;
}

void unmask(std::uint8_t* data, std::size_t bytes, const std::uint8_t* key) {
  std::uint64_t key8 = 0;
  std::memcpy(&key8, key, 4);
  key8 |= key8 << 32;
  std::size_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= key8;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < bytes; ++i) data[i] ^= key[i % 4];
}

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(length)};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The value of Sec-WebSocket-Key in an HTTP head; empty when there is none.
std::string_view key_of(std::string_view head) {
  constexpr std::string_view name = "sec-websocket-key:";
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    if (line.size() > name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0)
      return trimmed(line.substr(name.size()));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return {};
}

struct Frame {
  std::size_t header_bytes = 0;  // with the key; 0 while the header is incomplete
  std::uint64_t payload_bytes = 0;
  bool valid = true;
};

Frame parse_header(const std::uint8_t* data, std::size_t bytes) {
  if (bytes < 2) return {};
  const std::uint8_t length7 = data[1] & 0x7F;
  const std::size_t length_bytes = length7 == 127 ? 8 : length7 == 126 ? 2 : 0;
  Frame frame{.valid = (data[1] & 0x80) != 0 && (data[0] & 0x70) == 0};
  if (bytes < 2 + length_bytes + 4) return frame;
  frame.payload_bytes = length_bytes == 0 ? length7 : 0;
  for (std::size_t i = 0; i < length_bytes; ++i) frame.payload_bytes = frame.payload_bytes << 8 | data[2 + i];
  frame.valid = frame.valid && frame.payload_bytes <= kMaxPayloadBytes;
  frame.header_bytes = 2 + length_bytes + 4;
  return frame;
}

struct Connection {
  explicit Connection(int descriptor) : fd(descriptor) {}
  int fd;
  bool upgraded = false;
  bool closing = false;              // ends when what is being done is done
  std::vector<std::uint8_t> input;   // what one read left incomplete
  std::vector<std::uint8_t> output;  // what the socket would not take; nothing is read until it is gone
};

class Server {
 public:
  explicit Server(const sockaddr_in& address);
  std::uint16_t port() const;
  void run();

 private:
  void watch(int fd, std::uint32_t events, int operation = EPOLL_CTL_ADD);
  void accept_all();
  void readable(Connection& connection);
  void writable(Connection& connection);
  std::size_t consume(Connection& connection, std::uint8_t* data, std::size_t bytes);
  void consume_input(Connection& connection);
  std::size_t take_head(Connection& connection, const std::uint8_t* data, std::size_t bytes);
  std::size_t take_frame(Connection& connection, std::uint8_t* data, std::size_t bytes);
  void write(Connection& connection, const std::uint8_t* data, std::size_t bytes);
  void end(Connection& connection);

  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
  std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(kReadBytes);
};

Server::Server(const sockaddr_in& address) {
  epoll_ = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  listener_ = checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  checked(::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  checked(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(listener_, 4096), "listen");
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  checked(::sigprocmask(SIG_BLOCK, &stopping, nullptr), "sigprocmask");
  signals_ = checked(::signalfd(-1, &stopping, SFD_CLOEXEC), "signalfd");
  watch(listener_, EPOLLIN);
  watch(signals_, EPOLLIN);
  // Whoever started the server through a pipe need not live to stop it. A file or /dev/null cannot be
  // watched.
  epoll_event event{.events = EPOLLIN, .data = {.fd = STDIN_FILENO}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
}

std::uint16_t Server::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

void Server::watch(int fd, std::uint32_t events, int operation) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  checked(::epoll_ctl(epoll_, operation, fd, &event), "epoll_ctl");
}

void Server::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connections_.size() <= static_cast<std::size_t>(fd))
      connections_.resize(static_cast<std::size_t>(fd) + 1);
    connections_[static_cast<std::size_t>(fd)] = std::make_unique<Connection>(fd);
    watch(fd, EPOLLIN);
  }
}

void Server::end(Connection& connection) {
  ::close(connection.fd);
  connections_[static_cast<std::size_t>(connection.fd)].reset();
}

void Server::write(Connection& connection, const std::uint8_t* data, std::size_t bytes) {
  ssize_t sent = connection.output.empty() ? ::send(connection.fd, data, bytes, MSG_NOSIGNAL) : 0;
  if (sent < 0 && errno != EAGAIN) connection.closing = true;  // and let the next read find out why
  sent = std::max<ssize_t>(sent, 0);
  if (static_cast<std::size_t>(sent) == bytes || connection.closing) return;
  if (connection.output.empty()) watch(connection.fd, EPOLLOUT, EPOLL_CTL_MOD);
  connection.output.insert(connection.output.end(), data + sent, data + bytes);
}

// The bytes of `data` used; 0 while the head is incomplete.
std::size_t Server::take_head(Connection& connection, const std::uint8_t* data, std::size_t bytes) {
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const std::size_t end_of_head = text.find("\r\n\r\n");
  if (end_of_head == std::string_view::npos) {
    connection.closing = bytes > kMaxHeadBytes;
    return 0;
  }
  const std::string_view key = key_of(text.substr(0, end_of_head));
  connection.closing = key.empty();
  const std::string answer =
      key.empty() ? "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                  : fmt::format(
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: {}\r\n\r\n",
                        accept_key(key));
  write(connection, reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size());
  connection.upgraded = true;
  return end_of_head + 4;
}

// The bytes of `data` used by one frame; 0 while it is incomplete. The answer is made in place: its header,
// which has no key, ends where the payload begins.
std::size_t Server::take_frame(Connection& connection, std::uint8_t* data, std::size_t bytes) {
  const Frame frame = parse_header(data, bytes);
  connection.closing = !frame.valid;
  if (!frame.valid || frame.header_bytes == 0 || bytes - frame.header_bytes < frame.payload_bytes) return 0;
  const std::size_t frame_bytes = frame.header_bytes + frame.payload_bytes;
  const std::uint8_t opcode = data[0] & 0x0F;
  if (opcode == 0xA) return frame_bytes;
  unmask(data + frame.header_bytes, frame.payload_bytes, data + frame.header_bytes - 4);
  std::memmove(data + 4, data, frame.header_bytes - 4);
  data[5] &= 0x7F;
  if (opcode == 0x9) data[4] = 0x8A;
  connection.closing = opcode == 0x8;
  write(connection, data + 4, frame_bytes - 4);
  return frame_bytes;
}

// Answers what is complete in `data`; returns how much that was.
std::size_t Server::consume(Connection& connection, std::uint8_t* data, std::size_t bytes) {
  std::size_t consumed = 0;
  while (consumed < bytes && !connection.closing && connection.output.empty()) {
    const std::size_t used = connection.upgraded ? take_frame(connection, data + consumed, bytes - consumed)
                                                 : take_head(connection, data + consumed, bytes - consumed);
    if (used == 0) break;
    consumed += used;
  }
  return consumed;
}

void Server::consume_input(Connection& connection) {
  const std::size_t used = consume(connection, connection.input.data(), connection.input.size());
  connection.input.erase(connection.input.begin(),
                         connection.input.begin() + static_cast<std::ptrdiff_t>(used));
  if (connection.input.empty()) connection.input.shrink_to_fit();
}

// One read. Bytes go through one buffer for all connections, unless a message was left incomplete.
void Server::readable(Connection& connection) {
  std::vector<std::uint8_t>& input = connection.input;
  const std::size_t kept = input.size();
  if (kept > 0) input.resize(kept + kReadBytes);
  std::uint8_t* const room = kept > 0 ? input.data() + kept : scratch_.data();
  const ssize_t received = ::recv(connection.fd, room, kReadBytes, 0);
  if (received == 0 || (received < 0 && errno != EAGAIN)) return end(connection);
  const std::size_t bytes = received < 0 ? 0 : static_cast<std::size_t>(received);
  if (kept > 0) {
    input.resize(kept + bytes);
    consume_input(connection);
  } else {
    const std::size_t used = consume(connection, room, bytes);
    input.assign(room + used, room + bytes);
  }
  if (connection.closing) end(connection);
}

void Server::writable(Connection& connection) {
  const std::vector<std::uint8_t> output = std::move(connection.output);
  connection.output.clear();
  write(connection, output.data(), output.size());
  if (!connection.output.empty()) return;
  if (connection.closing) return end(connection);
  watch(connection.fd, EPOLLIN, EPOLL_CTL_MOD);
  consume_input(connection);
  if (connection.closing) end(connection);
}

void Server::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int fd = event.data.fd;
      if (fd == signals_) return;
      if (fd == STDIN_FILENO) {
        if (::read(STDIN_FILENO, scratch_.data(), kReadBytes) <= 0) return;
      } else if (fd == listener_) {
        accept_all();
      } else if (Connection* const connection = connections_[static_cast<std::size_t>(fd)].get()) {
        event.events& EPOLLOUT ? writable(*connection) : readable(*connection);
      }
    }
  }
}

sockaddr_in parse_address(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  const bool known = colon != std::string::npos && inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1;
  if (known) address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  if (!known) {
    fmt::print(stderr, "epoll_echo_server: --listen {}: expected an IPv4 address and a port\n", text);
    std::exit(4);
  }
  return address;
}

void allow_all_files() {
  rlimit limit{};
  checked(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  checked(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

}  // namespace

int main(int argc, char** argv) {
  std::string listen = "127.0.0.1:0";
  CLI::App app{"A WebSocket echo server on epoll that answers message by message."};
  app.add_option("--listen", listen, "ADDRESS:PORT; port 0 takes a free one");
  CLI11_PARSE(app, argc, argv);
  allow_all_files();
  Server server(parse_address(listen));
  fmt::print("listening {}\n", server.port());
  std::fflush(stdout);
  server.run();
}
