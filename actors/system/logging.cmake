telltale_library(logging
  SOURCES "${CMAKE_CURRENT_LIST_DIR}/logging.cpp"
          "${CMAKE_CURRENT_LIST_DIR}/log_format.cpp"
          "${CMAKE_CURRENT_LIST_DIR}/log_queue.cpp"
  LIBS telltale_config telltale_text spdlog::spdlog)
