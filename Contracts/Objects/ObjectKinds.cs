namespace SwarmOrleans.Contracts;

/// <summary>Maps a message type to its <see cref="ObjectKind"/> without reflection on the hot path.</summary>
public static class ObjectKinds
{
    /// <summary>The kind of <typeparamref name="T"/>.</summary>
    public static ObjectKind Of<T>()
        where T : class, IStoreObject, new() => Cache<T>.Kind;

    private static class Cache<T>
        where T : class, IStoreObject, new()
    {
        public static readonly ObjectKind Kind = new T().Kind;
    }
}
