namespace QueueService.Broker.Tests.Model;

/// <summary>The broker answered what the model does not allow.</summary>
internal sealed class ModelMismatchException(string message) : Exception(message)
{
    public static void ThrowUnless(bool holds, string what)
    {
        if (!holds) throw new ModelMismatchException(what);
    }

    public static void ThrowUnlessSame<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new ModelMismatchException($"{what}: expected {expected}, was {actual}");
    }
}
