telltale_room(simulation
  SOURCES
    ${CMAKE_CURRENT_LIST_DIR}/simulate.cpp
    ${CMAKE_CURRENT_LIST_DIR}/simulate_fleet.cpp
    ${CMAKE_CURRENT_LIST_DIR}/simulate_mix.cpp
  # exec's rules bring durations and the waits between tries.
  LIBS telltale_exec telltale_runner_client telltale_messages
       tomlplusplus::tomlplusplus)

telltale_room(command_simulate
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/simulate_command.cpp
  LIBS telltale_simulation CLI11::CLI11)
