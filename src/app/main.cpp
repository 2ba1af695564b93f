// centrala: one binary, subcommands.
#include "centrala/app/app.hpp"

int main(int argc, char** argv) {
    return centrala::app::run(argc, argv);
}
