namespace SwarmOrleans.Control;

/// <summary>What kind of answer a refused request gets; the names are gRPC's status codes.</summary>
public enum UseCaseError
{
    /// <summary>A field breaks a rule.</summary>
    InvalidArgument,

    /// <summary>No such object.</summary>
    NotFound,

    /// <summary>The id or name is taken.</summary>
    AlreadyExists,

    /// <summary>Nobody may do that through this API.</summary>
    PermissionDenied,

    /// <summary>The cluster's state forbids it now.</summary>
    FailedPrecondition,

    /// <summary>Not served by this version.</summary>
    Unimplemented,

    /// <summary>No leader could be reached, or the outcome is not known.</summary>
    Unavailable,
}

/// <summary>A request is refused; the message names the field and the rule. Nothing has been changed, unless it says that the outcome is unknown.</summary>
/// <param name="error">The kind of answer.</param>
/// <param name="message">For the user.</param>
public sealed class UseCaseException(UseCaseError error, string message) : Exception(message)
{
    /// <summary>The kind of answer.</summary>
    public UseCaseError Error { get; } = error;

    /// <summary>A field breaks a rule.</summary>
    public static UseCaseException Invalid(string message) => new(UseCaseError.InvalidArgument, message);

    /// <summary>The cluster's state forbids it now.</summary>
    public static UseCaseException Precondition(string message) => new(UseCaseError.FailedPrecondition, message);

    /// <summary>Not served by this version.</summary>
    public static UseCaseException Unimplemented(string message) => new(UseCaseError.Unimplemented, message);

    /// <summary>No such object.</summary>
    public static UseCaseException NotFound(string kind, string id) => new(UseCaseError.NotFound, $"{kind} {id} not found");
}
