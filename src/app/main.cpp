#include "app/run.hpp"

int main(int argc, char** argv) {
  return checkout::app::run(argc, argv);
}
