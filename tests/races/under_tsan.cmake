# Builds the races with the thread sanitizer in a folder of its own, and runs them.
#   cmake -DSOURCE=… -DBUILD=… -P under_tsan.cmake
foreach(step
    "${CMAKE_COMMAND};-S;${SOURCE};-B;${BUILD};-G;Ninja;-DCMAKE_BUILD_TYPE=Release;-DCHECKOUT_SANITIZE=thread"
    "${CMAKE_COMMAND};--build;${BUILD};--target;races"
    "${CMAKE_COMMAND};-E;env;TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1;${BUILD}/tests/races")
  execute_process(COMMAND ${step} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed: ${step}")
  endif()
endforeach()
