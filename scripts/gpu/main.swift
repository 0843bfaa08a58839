// What of a GPU a backend for networks could use (docs/gpu.md).

do {
  let driver = try Driver()
  print("\(driver.device), compute capability \(driver.capability.major).\(driver.capability.minor)")
  do { print(try compiledKernel(driver)) } catch let problem as Problem { print("NVRTC: \(problem.text)") }
  for (channels, features, size) in [(16, 16, 66), (72, 72, 62), (72, 432, 30), (432, 432, 28)] {
    for precision in Precision.allCases {
      print("3×3×3, \(channels) → \(features) channels at \(size)³, \(precision.rawValue), channels last")
      do { for line in try convolutions(driver, channels: channels, features: features, size: size, precision) { print("  \(line)") } } catch let problem as Problem { print("  cuDNN: \(problem.text)"); break }
    }
  }
} catch let problem as Problem { print("no device: \(problem.text)") }
