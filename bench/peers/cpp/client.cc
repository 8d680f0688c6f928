// The rows of a CSV file through a databroker into a CSV file: `client HOST:PORT INPUT OUTPUT`.
// A thread writes requests, this one reads answers. Writes are buffered until 64 KiB are there, which is the fastest.
#include <charconv>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "databroker.grpc.pb.h"

using bidirectional_databroker::BrokerRequest;
using bidirectional_databroker::BrokerResponse;
using bidirectional_databroker::BrokerService;

// The next number of a line, and past its comma.
template <class Number>
Number Take(const char** at, const char* end) {
  Number value{};
  const auto [next, error] = std::from_chars(*at, end, value);
  if (error != std::errc()) {
    std::cerr << "Cannot read a number at \"" << std::string(*at, end) << "\"\n";
    std::exit(1);
  }
  *at = next + 1;
  return value;
}

int main(int count, char** words) {
  if (count != 4) {
    std::cerr << "Usage: client HOST:PORT INPUT OUTPUT\n";
    return 2;
  }
  const auto stub =
      BrokerService::NewStub(grpc::CreateChannel(words[1], grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->BidirectionalStreaming(&context);

  std::thread writer([&] {
    std::ifstream input(words[2]);
    std::string line;
    std::getline(input, line);
    BrokerRequest request;
    while (std::getline(input, line)) {
      const char* at = line.data();
      const char* end = at + line.size();
      request.set_id(Take<int>(&at, end));
      request.set_sensor1(Take<float>(&at, end));
      request.set_sensor2(Take<float>(&at, end));
      request.set_sensor3(Take<float>(&at, end));
      request.set_sensor4(Take<float>(&at, end));
      if (!stream->Write(request, grpc::WriteOptions().set_buffer_hint())) break;
    }
    stream->WritesDone();
  });

  std::ofstream output(words[3]);
  output << "id,prediction\n";
  BrokerResponse response;
  while (stream->Read(&response)) {
    output << response.id() << (response.prediction() ? ",true\n" : ",false\n");
  }
  writer.join();
  const auto status = stream->Finish();
  if (!status.ok()) std::cerr << status.error_message() << "\n";
  return status.ok() ? 0 : 1;
}
