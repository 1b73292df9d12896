namespace QueueService.Benchmarks;

/// <summary>The run cannot go on; the message tells the person at the terminal why.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
