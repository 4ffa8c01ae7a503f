"""Jacobians, Hessians and their products, against formulas known by heart."""

import numpy as np
import pytest

import tinylm as tl

X = np.array([0.5, -1.0, 2.0])
A = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])


def test_jacobian_of_a_linear_map_is_its_matrix():
    np.testing.assert_allclose(tl.jacobian(lambda x: A @ x, X).numpy(), A, rtol=1e-14)


def test_jacobian_has_the_shapes_of_output_and_input():
    J = tl.jacobian(lambda x: np.outer(x, x), X).numpy()  # ∂(xᵢxⱼ)/∂xₖ = δᵢₖ xⱼ + δⱼₖ xᵢ
    eye = np.eye(3)
    np.testing.assert_allclose(J, eye[:, None, :] * X[None, :, None] + eye[None] * X[:, None, None], rtol=1e-14)


def test_jacobian_of_a_constant_is_zero():
    assert not tl.jacobian(lambda x: tl.Tensor(np.ones(2)), X).numpy().any()


def test_hessian_of_a_cubic():
    np.testing.assert_allclose(tl.hessian(lambda x: (x ** 3).sum(), X).numpy(), np.diag(6 * X), rtol=1e-12)


def test_hessian_of_a_linear_function_is_zero():
    assert not tl.hessian(lambda x: (x * 2.0).sum(), X).numpy().any()


def test_vjp_and_hvp():
    v = np.array([1.0, -2.0])
    y, product = tl.vjp(lambda x: np.tanh(A @ x), X, v)
    np.testing.assert_allclose(y.numpy(), np.tanh(A @ X), rtol=1e-14)
    np.testing.assert_allclose(product.numpy(), (v * (1 - np.tanh(A @ X) ** 2)) @ A, rtol=1e-12)
    w = np.array([0.3, 0.1, -1.0])
    y, product = tl.hvp(lambda x: (x ** 3).sum() + x[0] * x[1], X, w)
    H = np.diag(6 * X) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0.0]])
    np.testing.assert_allclose(product.numpy(), H @ w, rtol=1e-12)
    assert y.item() == pytest.approx((X ** 3).sum() + X[0] * X[1])
    assert not tl.hvp(lambda x: x.sum(), X, w)[1].numpy().any()


def test_errors():
    with pytest.raises(ValueError, match=r"hessian: the function gave a Tensor of shape \(3,\)"):
        tl.hessian(lambda x: x * 2.0, X)
    with pytest.raises(TypeError, match="jacobian: the function returned float"):
        tl.jacobian(lambda x: 1.0, X)
