// What the floor does before its clock runs: the frames it will send, and connections that are upgraded one
// after another with blocking calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

[[noreturn]] void fail(std::string_view what);
[[noreturn]] void fail(std::string_view what, int error);
/// `result`, unless the system call that returned it failed.
int checked(int result, std::string_view what);

/// A client's binary frame, masked with a constant key.
std::string masked_frame(std::size_t payload_bytes);
/// What a server answers it with when it echoes.
std::string reply_frame(std::size_t payload_bytes);

/// A connected, upgraded, blocking socket. Of the answer only its "101" is looked at.
int open_connection(const std::string& host, std::uint16_t port);

/// Ends the program unless the server echoes one frame as it is: only then is counting bytes counting
/// replies.
void check_echo(int fd, std::size_t payload_bytes);
