namespace QueueService.Broker.Topics.Filters;

/// <summary>What is wrong with a filter, and where.</summary>
/// <param name="Pointer">JSON pointer within the filter, such as `/policy/price/0/numeric/1`; empty for all of
/// it.</param>
public readonly record struct FilterProblem(string Pointer, string Message);
